package fleetsim

import (
	"slices"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type containerInstance struct {
	ARN            string       `json:"containerInstanceArn"`
	EC2InstanceID  string       `json:"ec2InstanceId"`
	Status         string       `json:"status"`
	AgentConnected bool         `json:"agentConnected"`
	Running        int          `json:"runningTasksCount"`
	Pending        int          `json:"pendingTasksCount"`
	RegisteredAt   awswire.Time `json:"registeredAt,omitzero"`
	Version        int          `json:"version"`
	Agent          agentVersion `json:"versionInfo"`
	Registered     []resource   `json:"registeredResources"`
	Remaining      []resource   `json:"remainingResources"`
	Attributes     []keyValue   `json:"attributes"`
}

type agentVersion struct {
	AgentVersion string `json:"agentVersion"`
}

type resource struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Integer int    `json:"integerValue"`
}

type listInstancesInput struct {
	Cluster   string `json:"cluster"`
	Status    string `json:"status"`
	NextToken string `json:"nextToken"`
}

type listInstancesOutput struct {
	ARNs []string `json:"containerInstanceArns"`
}

// listContainerInstances lists all of them in one page: a group has at most 2n+1.
func (w *World) listContainerInstances(in listInstancesInput) (listInstancesOutput, error) {
	out := listInstancesOutput{ARNs: []string{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	for _, i := range w.stale().instances {
		if i.registered && (in.Status == "" || in.Status == "ACTIVE") {
			out.ARNs = append(out.ARNs, w.Names.containerInstanceARN(i.container))
		}
	}
	return out, nil
}

type describeInstancesInput struct {
	Cluster string   `json:"cluster"`
	ARNs    []string `json:"containerInstances"`
}

type describeInstancesOutput struct {
	Instances []containerInstance `json:"containerInstances"`
	Failures  []failure           `json:"failures"`
}

func (w *World) describeContainerInstances(in describeInstancesInput) (describeInstancesOutput, error) {
	out := describeInstancesOutput{Instances: []containerInstance{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	if len(in.ARNs) == 0 || len(in.ARNs) > 100 {
		return out, awswire.Errorf("InvalidParameterException", "Container instances should have between 1 and 100 elements.")
	}
	v := w.stale()
	for _, arn := range in.ARNs {
		i := slices.IndexFunc(v.instances, func(i instance) bool { return i.registered && i.container == lastPart(arn) })
		if i < 0 {
			out.Failures = append(out.Failures, failure{ARN: w.Names.containerInstanceARN(lastPart(arn)), Reason: "MISSING"})
			continue
		}
		out.Instances = append(out.Instances, w.showInstance(&v.instances[i], v.occupants[lastPart(arn)]))
	}
	return out, nil
}

// showInstance counts a task that is stopping as running, as ECS does, until it is STOPPED.
func (w *World) showInstance(i *instance, task string) containerInstance {
	const cpu, memory = 8192, 63382
	shown := containerInstance{
		ARN: w.Names.containerInstanceARN(i.container), EC2InstanceID: i.id, Status: "ACTIVE", AgentConnected: !i.off, Version: 3,
		RegisteredAt: awswire.Time{Time: i.registeredAt}, Agent: agentVersion{"1.94.0"},
		Registered: []resource{{"CPU", "INTEGER", cpu}, {"MEMORY", "INTEGER", memory}},
		Remaining:  []resource{{"CPU", "INTEGER", cpu}, {"MEMORY", "INTEGER", memory}},
		Attributes: []keyValue{{"ecs.availability-zone", i.zone}},
	}
	if w.cfg.OldAgent {
		shown.Agent.AgentVersion = "1.64.0"
	}
	switch task {
	case "":
		return shown
	case provisioning, pending, activating:
		shown.Pending = 1
	default:
		shown.Running = 1
	}
	shown.Remaining = []resource{{"CPU", "INTEGER", cpu - int(w.cfg.ReservedPercent*cpu/100)}, {"MEMORY", "INTEGER", 0}}
	return shown
}
