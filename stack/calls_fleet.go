package stack

import (
	"slices"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// inCluster restricts a call to the environment's cluster.
func (e environment) inCluster() conditions {
	return conditions{"ArnEquals": {"ecs:cluster": e.clusterARN()}}
}

func (e environment) clusterARN() string { return e.arn("ecs", "cluster/"+e.Cluster) }

func (e environment) onService(id string, calls ...string) permission {
	return permission{id: id, actions: calls, resources: []string{e.arn("ecs", "service/"+e.Cluster+"/"+e.Services.EC2)}, conditions: e.inCluster()}
}

func (e environment) onTasks(id string, calls ...string) permission {
	return permission{id: id, actions: calls, resources: []string{e.arn("ecs", "task/"+e.Cluster+"/*")}, conditions: e.inCluster(), wildcard: perTask}
}

// listsTasks names no resource: ListTasks knows only container instances, and tasks on Fargate have none.
func (e environment) listsTasks() permission {
	return permission{id: "ListTasks", actions: []string{"ecs:ListTasks"}, resources: []string{"*"}, conditions: e.inCluster(),
		wildcard: "ListTasks has no resource that fits tasks of a service; the condition names the cluster."}
}

func (e environment) onGroup(id string, calls ...string) permission {
	return permission{id: id, actions: calls, wildcard: groupID,
		resources: []string{e.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+e.Group)}}
}

func describes(id, call string) permission {
	return permission{id: id, actions: []string{call}, resources: []string{"*"}, wildcard: noResource}
}

var (
	describesGroup   = describes("DescribeGroup", "autoscaling:DescribeAutoScalingGroups")
	describesTargets = describes("DescribeTargets", "elasticloadbalancing:DescribeTargetHealth")
)

func (e environment) surveysFleet() []permission {
	return append(e.recordsJournal(),
		e.reopensJournal(),
		e.onService("DescribeService", "ecs:DescribeServices"),
		e.listsTasks(),
		e.onTasks("ReadTasks", "ecs:DescribeTasks", "ecs:GetTaskProtection"),
		describesGroup,
		describesTargets,
		permission{id: "DescribeAlarms", actions: []string{"cloudwatch:DescribeAlarms"}, resources: []string{e.arn("cloudwatch", "alarm:*")}, wildcard: allAlarms})
}

func (e environment) fencesGroup() []permission {
	return append(e.closesJournal(), describesGroup, e.onGroup("FenceGroup", "autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"))
}

func (e environment) scalesGroup() []permission {
	return append(e.closesJournal(), describesGroup,
		e.onGroup("ScaleGroup", "autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"),
		permission{id: "ListHosts", actions: []string{"ecs:ListContainerInstances"}, resources: []string{e.clusterARN()}},
		permission{id: "DescribeHosts", actions: []string{"ecs:DescribeContainerInstances"}, conditions: e.inCluster(),
			resources: []string{e.arn("ecs", "container-instance/"+e.Cluster+"/*")}, wildcard: perTask})
}

func (e environment) scalesService() []permission {
	return append(e.closesJournal(), e.onService("ScaleService", "ecs:DescribeServices", "ecs:UpdateService"))
}

func (e environment) pollsHealth() []permission {
	return []permission{
		e.onService("DescribeService", "ecs:DescribeServices"),
		e.listsTasks(),
		e.onTasks("ReadTasks", "ecs:DescribeTasks"),
		describesTargets,
		{id: "ReadLog", actions: []string{"logs:FilterLogEvents"}, resources: []string{e.arn("logs", "log-group:"+e.LogGroup+":*")},
			wildcard: "The streams of the application's one log group; each task has its own."},
	}
}

func (e environment) protectsTasks() []permission {
	return append(e.closesJournal(), e.listsTasks(), e.onTasks("ProtectTasks", "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"))
}

func (e environment) stopsTasks() []permission {
	return []permission{e.onService("DescribeService", "ecs:DescribeServices"), e.listsTasks(), e.onTasks("StopTasks", "ecs:DescribeTasks", "ecs:StopTask"), describesTargets}
}

// describesExecutions lets acquire-lock see whether the owner of a lock is at work.
func (e environment) describesExecutions() permission {
	p := permission{id: "DescribeOwner", actions: []string{"states:DescribeExecution"}, wildcard: perExecution}
	for _, machine := range slices.Sorted(slices.Values(statemachines.Names())) {
		p.resources = append(p.resources, e.executionARNs(machine))
	}
	return p
}
