package fleetsim

import (
	"slices"
	"strconv"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type ecsTask struct {
	ARN                  string         `json:"taskArn"`
	ClusterARN           string         `json:"clusterArn"`
	TaskDefinitionARN    string         `json:"taskDefinitionArn"`
	ContainerInstanceARN string         `json:"containerInstanceArn,omitempty"`
	AvailabilityZone     string         `json:"availabilityZone"`
	Group                string         `json:"group"`
	StartedBy            string         `json:"startedBy,omitempty"`
	LaunchType           string         `json:"launchType"`
	LastStatus           string         `json:"lastStatus"`
	DesiredStatus        string         `json:"desiredStatus"`
	HealthStatus         string         `json:"healthStatus"`
	Connectivity         string         `json:"connectivity,omitempty"`
	CPU                  string         `json:"cpu"`
	Memory               string         `json:"memory"`
	Version              int64          `json:"version"`
	CreatedAt            awswire.Time   `json:"createdAt,omitzero"`
	StartedAt            awswire.Time   `json:"startedAt,omitzero"`
	StoppingAt           awswire.Time   `json:"stoppingAt,omitzero"`
	ExecutionStoppedAt   awswire.Time   `json:"executionStoppedAt,omitzero"`
	StoppedAt            awswire.Time   `json:"stoppedAt,omitzero"`
	StopCode             string         `json:"stopCode,omitempty"`
	StoppedReason        string         `json:"stoppedReason,omitempty"`
	Attachments          []attachment   `json:"attachments"`
	Containers           []ecsContainer `json:"containers"`
}

type attachment struct {
	ID      string     `json:"id"`
	Type    string     `json:"type"`
	Status  string     `json:"status"`
	Details []keyValue `json:"details"`
}

type keyValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type ecsContainer struct {
	ARN               string             `json:"containerArn"`
	TaskARN           string             `json:"taskArn"`
	Name              string             `json:"name"`
	LastStatus        string             `json:"lastStatus"`
	HealthStatus      string             `json:"healthStatus"`
	ExitCode          *int               `json:"exitCode,omitempty"`
	NetworkInterfaces []networkInterface `json:"networkInterfaces"`
}

type networkInterface struct {
	AttachmentID string `json:"attachmentId"`
	PrivateIP    string `json:"privateIpv4Address"`
}

// showTask shows a task as ECS does. A task has its address from PENDING on.
func (w *World) showTask(t *task) ecsTask {
	arn := w.Names.taskARN(t.id)
	shown := ecsTask{
		ARN: arn, ClusterARN: w.Names.ClusterARN, TaskDefinitionARN: w.Names.taskDefinitionARN(t.family),
		AvailabilityZone: t.zone, Group: "family:" + t.family, StartedBy: t.startedBy, LaunchType: "FARGATE",
		LastStatus: t.status, DesiredStatus: t.desiredStatus(), HealthStatus: "UNKNOWN", CPU: "8192", Memory: "63382", Version: t.version,
		CreatedAt: awswire.Time{Time: t.createdAt}, StartedAt: awswire.Time{Time: t.startedAt},
		StoppingAt: awswire.Time{Time: t.stoppingAt}, ExecutionStoppedAt: awswire.Time{Time: t.executionStoppedAt}, StoppedAt: awswire.Time{Time: t.stoppedAt},
		StopCode: t.stopCode, StoppedReason: t.stoppedReason, Attachments: []attachment{},
	}
	if t.service != nil {
		shown.Group = "service:" + t.service.name
	}
	if t.host != nil {
		shown.LaunchType, shown.ContainerInstanceARN = "EC2", w.Names.containerInstanceARN(t.host.container)
	}
	c := ecsContainer{
		ARN: w.Names.arn("ecs", "container/"+w.Names.Cluster+"/"+t.id+"/"+t.id[:8]), TaskARN: arn, Name: container,
		LastStatus: t.containerStatus(), HealthStatus: "UNKNOWN", ExitCode: t.exitCode, NetworkInterfaces: []networkInterface{},
	}
	if t.status != provisioning {
		id := t.id[:8] + "-eni"
		shown.Connectivity = "CONNECTED"
		shown.Attachments = append(shown.Attachments, attachment{ID: id, Type: "ElasticNetworkInterface", Status: t.attachmentStatus(), Details: []keyValue{
			{"subnetId", "subnet-0" + t.zone}, {"networkInterfaceId", "eni-0" + t.eni}, {"macAddress", "0a:58:a9:fe:ac:02"}, {"privateIPv4Address", t.ip}}})
		c.NetworkInterfaces = append(c.NetworkInterfaces, networkInterface{id, t.ip})
	}
	shown.Containers = []ecsContainer{c}
	return shown
}

func (t *task) desiredStatus() string {
	if t.doomed {
		return stopped
	}
	return running
}

func (t *task) containerStatus() string {
	switch t.status {
	case provisioning, pending, activating:
		return pending
	case running, deactivating, stopping:
		return running
	}
	return stopped
}

func (t *task) attachmentStatus() string {
	if t.status == stopped {
		return "DELETED"
	}
	return "ATTACHED"
}

type listTasksInput struct {
	Cluster           string `json:"cluster"`
	ServiceName       string `json:"serviceName"`
	Family            string `json:"family"`
	ContainerInstance string `json:"containerInstance"`
	DesiredStatus     string `json:"desiredStatus"`
	LaunchType        string `json:"launchType"`
	StartedBy         string `json:"startedBy"`
	NextToken         string `json:"nextToken"`
	MaxResults        int    `json:"maxResults"`
}

type listTasksOutput struct {
	TaskARNs  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (w *World) listTasks(in listTasksInput) (listTasksOutput, error) {
	out := listTasksOutput{TaskARNs: []string{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	if in.ServiceName != "" && w.serviceNamed(in.ServiceName) == nil {
		return out, awswire.Errorf("ServiceNotFoundException", "Service not found.")
	}
	if in.StartedBy != "" && (in.ServiceName != "" || in.Family != "" || in.ContainerInstance != "") {
		return out, awswire.Errorf("InvalidParameterException", "startedBy must be the only filter.")
	}
	late := w.cfg.Faults.StaleRate > 0 && w.wire.Float64() < w.cfg.Faults.StaleRate // this answer shows recently stopped tasks
	v := w.stale()
	for i := range v.tasks {
		if t := &v.tasks[i]; in.selects(t, late && w.now.Sub(t.stoppingAt) < 4*w.cfg.Faults.Stale) {
			out.TaskARNs = append(out.TaskARNs, w.Names.taskARN(t.id))
		}
	}
	from, _ := strconv.Atoi(in.NextToken) // "" is 0
	size := in.MaxResults
	if size <= 0 || size > 100 {
		size = 100
	}
	out.TaskARNs = out.TaskARNs[min(from, len(out.TaskARNs)):]
	if len(out.TaskARNs) > size {
		out.TaskARNs, out.NextToken = out.TaskARNs[:size], strconv.Itoa(from+size)
	}
	return out, nil
}

// selects applies the filters. A task that has just been told to stop may still pass for RUNNING.
func (in listTasksInput) selects(t *task, late bool) bool {
	status := t.desiredStatus()
	want := in.DesiredStatus
	if want == "" {
		want = running
	}
	if status != want && (want != running || !late) {
		return false
	}
	service := ""
	if t.service != nil {
		service = t.service.name
	}
	host := ""
	launchType := "FARGATE"
	if t.host != nil {
		host, launchType = t.host.container, "EC2"
	}
	return (in.ServiceName == "" || lastPart(in.ServiceName) == service) &&
		(in.Family == "" || in.Family == t.family) &&
		(in.ContainerInstance == "" || lastPart(in.ContainerInstance) == host) &&
		(in.LaunchType == "" || in.LaunchType == launchType) &&
		(in.StartedBy == "" || in.StartedBy == t.startedBy)
}

type describeTasksInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
}

type describeTasksOutput struct {
	Tasks    []ecsTask `json:"tasks"`
	Failures []failure `json:"failures"`
}

func (w *World) describeTasks(in describeTasksInput) (describeTasksOutput, error) {
	out := describeTasksOutput{Tasks: []ecsTask{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return out, awswire.Errorf("InvalidParameterException", "Tasks should have between 1 and 100 elements.")
	}
	v := w.stale()
	for _, arn := range in.Tasks {
		i := slices.IndexFunc(v.tasks, func(t task) bool { return t.id == lastPart(arn) })
		if i < 0 {
			out.Failures = append(out.Failures, failure{ARN: w.Names.taskARN(lastPart(arn)), Reason: "MISSING"})
			continue
		}
		out.Tasks = append(out.Tasks, w.showTask(&v.tasks[i]))
	}
	return out, nil
}

type stopTaskInput struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

type taskOutput struct {
	Task ecsTask `json:"task"`
}

// stopTask stops any task, a protected one too: protection is not promised to hold against it.
func (w *World) stopTask(in stopTaskInput) (taskOutput, error) {
	if err := w.cluster(in.Cluster); err != nil {
		return taskOutput{}, err
	}
	t := w.task(in.Task)
	if t == nil {
		return taskOutput{}, awswire.Errorf("InvalidParameterException", "The referenced task was not found.")
	}
	reason := in.Reason
	if reason == "" {
		reason = "Task stopped by user"
	}
	w.stop(t, "UserInitiated", reason)
	return taskOutput{w.showTask(t)}, nil
}
