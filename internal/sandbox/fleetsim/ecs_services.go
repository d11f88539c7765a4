package fleetsim

import (
	"slices"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

// failure is ECS's way of refusing one of several things within a successful answer.
type failure struct {
	ARN    string `json:"arn"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

type ecsService struct {
	ServiceARN         string           `json:"serviceArn"`
	ServiceName        string           `json:"serviceName"`
	ClusterARN         string           `json:"clusterArn"`
	Status             string           `json:"status"`
	DesiredCount       int              `json:"desiredCount"`
	RunningCount       int              `json:"runningCount"`
	PendingCount       int              `json:"pendingCount"`
	LaunchType         string           `json:"launchType"`
	TaskDefinition     string           `json:"taskDefinition"`
	SchedulingStrategy string           `json:"schedulingStrategy"`
	CreatedAt          awswire.Time     `json:"createdAt,omitzero"`
	Configuration      deploymentConfig `json:"deploymentConfiguration"`
	Deployments        []deployment     `json:"deployments"`
	Events             []ecsEvent       `json:"events"`
	LoadBalancers      []loadBalancer   `json:"loadBalancers"`
	GracePeriod        int              `json:"healthCheckGracePeriodSeconds"`
}

type deploymentConfig struct {
	MaximumPercent        int `json:"maximumPercent"`
	MinimumHealthyPercent int `json:"minimumHealthyPercent"`
}

type deployment struct {
	ID                 string       `json:"id"`
	Status             string       `json:"status"`
	TaskDefinition     string       `json:"taskDefinition"`
	DesiredCount       int          `json:"desiredCount"`
	RunningCount       int          `json:"runningCount"`
	PendingCount       int          `json:"pendingCount"`
	FailedTasks        int          `json:"failedTasks"`
	LaunchType         string       `json:"launchType"`
	RolloutState       string       `json:"rolloutState"`
	RolloutStateReason string       `json:"rolloutStateReason"`
	CreatedAt          awswire.Time `json:"createdAt,omitzero"`
	UpdatedAt          awswire.Time `json:"updatedAt,omitzero"`
}

type ecsEvent struct {
	ID        string       `json:"id"`
	CreatedAt awswire.Time `json:"createdAt,omitzero"`
	Message   string       `json:"message"`
}

type loadBalancer struct {
	TargetGroupARN string `json:"targetGroupArn"`
	ContainerName  string `json:"containerName"`
	ContainerPort  int    `json:"containerPort"`
}

// cluster refuses a cluster that is not this environment's. An absent name means the cluster "default", as with AWS.
func (w *World) cluster(name string) error {
	if name != w.Names.Cluster && name != w.Names.ClusterARN {
		return awswire.Errorf("ClusterNotFoundException", "Cluster not found.")
	}
	return nil
}

type describeServicesInput struct {
	Cluster  string   `json:"cluster"`
	Services []string `json:"services"`
}

type describeServicesOutput struct {
	Services []ecsService `json:"services"`
	Failures []failure    `json:"failures"`
}

func (w *World) describeServices(in describeServicesInput) (describeServicesOutput, error) {
	out := describeServicesOutput{Services: []ecsService{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	if len(in.Services) == 0 || len(in.Services) > 10 {
		return out, awswire.Errorf("InvalidParameterException", "services should have between 1 and 10 elements.")
	}
	v := w.stale()
	for _, name := range in.Services {
		i := slices.IndexFunc(v.services, func(s serviceView) bool { return s.name == lastPart(name) })
		if i < 0 {
			out.Failures = append(out.Failures, failure{ARN: w.Names.serviceARN(lastPart(name)), Reason: "MISSING"})
			continue
		}
		out.Services = append(out.Services, w.showService(v.services[i]))
	}
	return out, nil
}

func (w *World) showService(s serviceView) ecsService {
	shown := ecsService{
		ServiceARN: w.Names.serviceARN(s.name), ServiceName: s.name, ClusterARN: w.Names.ClusterARN, Status: "ACTIVE",
		DesiredCount: s.desired, RunningCount: s.running, PendingCount: s.pending, LaunchType: s.launchType,
		TaskDefinition: w.Names.taskDefinitionARN(s.name), SchedulingStrategy: "REPLICA", CreatedAt: awswire.Time{Time: s.createdAt},
		Configuration: deploymentConfig{MaximumPercent: 200, MinimumHealthyPercent: 100},
		LoadBalancers: []loadBalancer{{w.Names.TargetGroupARN, container, port}},
		GracePeriod:   int(w.timing.HealthGrace.Seconds()),
	}
	primary := deployment{
		ID: s.deployment, Status: "PRIMARY", TaskDefinition: shown.TaskDefinition, LaunchType: s.launchType,
		DesiredCount: s.desired, RunningCount: s.running, PendingCount: s.pending, FailedTasks: s.failed,
		RolloutState: "COMPLETED", RolloutStateReason: "ECS deployment " + s.deployment + " completed.",
		CreatedAt: awswire.Time{Time: s.createdAt}, UpdatedAt: awswire.Time{Time: s.updatedAt},
	}
	shown.Deployments = []deployment{primary}
	if s.deploying {
		old := primary
		old.ID, old.Status = "ecs-svc/1", "ACTIVE"
		shown.Deployments[0].RolloutState, shown.Deployments[0].RolloutStateReason = "IN_PROGRESS", "ECS deployment "+s.deployment+" in progress."
		shown.Deployments = append(shown.Deployments, old)
	}
	for _, e := range slices.Backward(s.events) {
		shown.Events = append(shown.Events, ecsEvent{e.id, awswire.Time{Time: e.at}, e.message})
	}
	return shown
}

type listServicesInput struct {
	Cluster string `json:"cluster"`
}

type listServicesOutput struct {
	ServiceARNs []string `json:"serviceArns"`
}

func (w *World) listServices(in listServicesInput) (listServicesOutput, error) {
	return listServicesOutput{[]string{w.Names.serviceARN(w.service.name), w.Names.serviceARN(w.fargate.name)}}, w.cluster(in.Cluster)
}

type updateServiceInput struct {
	Cluster      string `json:"cluster"`
	Service      string `json:"service"`
	DesiredCount *int   `json:"desiredCount"`
}

type updateServiceOutput struct {
	Service ecsService `json:"service"`
}

// updateService changes the desired count. It starts no deployment.
func (w *World) updateService(in updateServiceInput) (updateServiceOutput, error) {
	if err := w.cluster(in.Cluster); err != nil {
		return updateServiceOutput{}, err
	}
	s := w.serviceNamed(in.Service)
	if s == nil {
		return updateServiceOutput{}, awswire.Errorf("ServiceNotFoundException", "Service not found.")
	}
	if n := in.DesiredCount; n != nil {
		if *n < 0 || *n > 5000 {
			return updateServiceOutput{}, awswire.Errorf("InvalidParameterException", "desiredCount must be between 0 and 5000, not %d.", *n)
		}
		if *n != s.desired {
			s.desired, s.updatedAt = *n, w.now
			w.changed()
			w.kick(s)
		}
	}
	w.record()
	last := w.views[len(w.views)-1]
	return updateServiceOutput{w.showService(last.services[slices.IndexFunc(last.services, func(v serviceView) bool { return v.name == s.name })])}, nil
}

func (w *World) serviceNamed(name string) *service {
	for _, s := range []*service{w.service, w.fargate} {
		if s.name == lastPart(name) {
			return s
		}
	}
	return nil
}

type describeClustersInput struct {
	Clusters []string `json:"clusters"`
}

type ecsCluster struct {
	ARN       string `json:"clusterArn"`
	Name      string `json:"clusterName"`
	Status    string `json:"status"`
	Instances int    `json:"registeredContainerInstancesCount"`
	Running   int    `json:"runningTasksCount"`
	Pending   int    `json:"pendingTasksCount"`
	Services  int    `json:"activeServicesCount"`
}

type describeClustersOutput struct {
	Clusters []ecsCluster `json:"clusters"`
	Failures []failure    `json:"failures"`
}

func (w *World) describeClusters(in describeClustersInput) (describeClustersOutput, error) {
	out := describeClustersOutput{Clusters: []ecsCluster{}, Failures: []failure{}}
	v := w.stale()
	for _, name := range in.Clusters {
		if w.cluster(name) != nil {
			out.Failures = append(out.Failures, failure{ARN: w.Names.arn("ecs", "cluster/"+lastPart(name)), Reason: "MISSING"})
			continue
		}
		c := ecsCluster{ARN: w.Names.ClusterARN, Name: w.Names.Cluster, Status: "ACTIVE", Services: len(v.services)}
		for _, i := range v.instances {
			if i.registered {
				c.Instances++
			}
		}
		for _, s := range v.services {
			c.Running, c.Pending = c.Running+s.running, c.Pending+s.pending
		}
		out.Clusters = append(out.Clusters, c)
	}
	return out, nil
}
