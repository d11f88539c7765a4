package iam

import (
	"cmp"
	"strings"
)

// ecsParameters are the names that calls to ECS hold.
type ecsParameters struct {
	Cluster            string   `json:"cluster"`
	Task               string   `json:"task"`
	Tasks              []string `json:"tasks"`
	Service            string   `json:"service"`
	Services           []string `json:"services"`
	ContainerInstance  string   `json:"containerInstance"`
	ContainerInstances []string `json:"containerInstances"`
}

// ecsRequests follow https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html:
// a request for each task, service or container instance, with the key ecs:cluster; the cluster's own actions do not have it.
func ecsRequests(c call) ([]Request, error) {
	var in ecsParameters
	action, err := c.bind(&in)
	if err != nil {
		return nil, err
	}
	cluster := c.orARN("ecs", "cluster/", cmp.Or(in.Cluster, "default"))
	var names []string
	kind := ""
	switch action {
	case "DescribeTasks", "GetTaskProtection", "UpdateTaskProtection":
		kind, names = "task", in.Tasks
	case "StopTask":
		kind, names = "task", []string{in.Task}
	case "DescribeServices":
		kind, names = "service", in.Services
	case "UpdateService":
		kind, names = "service", []string{in.Service}
	case "DescribeContainerInstances":
		kind, names = "container-instance", in.ContainerInstances
	case "ListTasks":
		// The only resource that ListTasks knows is a container instance, and it need not be given.
		kind, names = "container-instance", []string{cmp.Or(in.ContainerInstance, "*")}
	case "ListServices":
		names = []string{"*"}
	case "ListContainerInstances", "DescribeClusters":
		return on("ecs:"+action, cluster), nil
	default:
		return nil, unknown(action)
	}
	// GetTaskProtection without tasks is about all of them.
	if len(names) == 0 {
		names = []string{""}
	}
	var requests []Request
	for _, name := range names {
		q := Request{Action: "ecs:" + action, Resource: c.inCluster(kind, cluster, name)}
		requests = append(requests, q.With("ecs:cluster", cluster))
	}
	return requests, nil
}

// inCluster is the ARN of something in a cluster, given by its ID, its name or its ARN.
func (a Account) inCluster(kind, clusterARN, name string) string {
	if name == "" || name == "*" {
		return name
	}
	_, cluster, _ := strings.Cut(clusterARN, "/")
	return a.orARN("ecs", kind+"/"+cluster+"/", name)
}
