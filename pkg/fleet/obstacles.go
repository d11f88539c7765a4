package fleet

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// obstacles returns every reason not to restart this fleet now. The lists in a reason are short.
func (s state) obstacles() []string {
	var reasons []string
	reasons = append(reasons, s.serviceObstacles()...)
	reasons = append(reasons, s.taskObstacles()...)
	return append(reasons, s.groupObstacles()...)
}

func (s state) serviceObstacles() []string {
	var reasons []string
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	v := s.service
	if v.DesiredCount == 0 {
		add("the service's desired count is 0")
	}
	if n := len(v.Deployments); n > 1 {
		add("a deployment is in progress: the service has %d deployments; wait until it is done", n)
	}
	for _, d := range v.Deployments {
		if d.RolloutState != "" && d.RolloutState != ecstypes.DeploymentRolloutStateCompleted {
			add("deployment %s is %s %s; wait until it is COMPLETED", aws.ToString(d.Id), d.RolloutState, aws.ToString(d.RolloutStateReason))
		}
	}
	if v.RunningCount != v.DesiredCount {
		add("%d tasks run, desired are %d", v.RunningCount, v.DesiredCount)
	}
	if v.PendingCount > 0 {
		add("%d tasks are pending", v.PendingCount)
	}
	return reasons
}

func (s state) taskObstacles() []string {
	var reasons []string
	running, healthy := 0, 0
	for _, t := range s.tasks {
		if isRunning(t) {
			running++
		}
		if s.targets.healthy(t) {
			healthy++
		}
	}
	desired := int(s.service.DesiredCount)
	if len(s.tasks) != desired || running != desired {
		reasons = append(reasons, fmt.Sprintf("ECS lists %d tasks of the service, %d of them running, desired are %d; look again in a minute", len(s.tasks), running, desired))
	}
	if healthy < desired {
		reasons = append(reasons, fmt.Sprintf("only %d of %d tasks are healthy targets", healthy, desired))
	}
	if n := len(s.protected); n > 0 {
		reasons = append(reasons, fmt.Sprintf("%d tasks are protected from scale-in already (%s): another restart is running or was cut off", n, firstFew(s.protected)))
	}
	return reasons
}

func (s state) groupObstacles() []string {
	var reasons []string
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	name := aws.ToString(s.group.AutoScalingGroupName)
	if suspended(s.group, alarmNotification) {
		add("group %s is fenced already (AlarmNotification is suspended): another restart is running or was cut off", name)
	}
	for _, process := range []string{"Launch", "Terminate"} {
		if suspended(s.group, process) {
			add("process %s of group %s is suspended, so it cannot change its size", process, name)
		}
	}
	usual, raised := int(s.service.DesiredCount), int(aws.ToInt32(s.group.MaxSize))
	switch {
	case raised <= usual:
		add("group %s has room for %d instances at most and the service has %d tasks: there is no room for new ones", name, raised, usual)
	case raised < 2*usual:
		add("group %s has room for %d instances at most, so for %d new tasks beside the %d old ones; %d are needed to replace them all: raise its maximum", name, raised, raised-usual, usual, usual)
	}
	var off []string
	for _, i := range s.group.Instances {
		if !inService(i) || aws.ToString(i.HealthStatus) == "Unhealthy" {
			off = append(off, fmt.Sprintf("%s %s", aws.ToString(i.InstanceId), i.LifecycleState))
		}
	}
	if len(off) > 0 {
		add("%d instances of group %s are not in service (%s)", len(off), name, firstFew(off))
	}
	return reasons
}

// firstFew joins at most three of the texts.
func firstFew(texts []string) string {
	joined := strings.Join(texts[:min(3, len(texts))], ", ")
	if len(texts) > 3 {
		joined += ", …"
	}
	return joined
}
