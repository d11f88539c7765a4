package fleetsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Names are an environment's names in the account.
type Names struct {
	Cluster, ClusterARN         string
	Service, FargateService     string
	Group, Policy               string
	TargetGroup, TargetGroupARN string
	Alarm, LatencyAlarm         string
	LogGroup                    string

	region, account string
}

// container and port are what both services register in the target group.
const (
	container = "app"
	port      = 3005
)

func namesOf(environment, region, account string) Names {
	n := Names{
		Cluster:        "ecs" + environment + "Cluster",
		Service:        environment + "App_EC2LaunchType",
		FargateService: environment + "App",
		Group:          "asg" + environment + "ContainerInstance",
		Policy:         "asgScalingPolicy" + environment + "CPUReservation",
		TargetGroup:    "tg" + environment + "App",
		Alarm:          "alarm" + environment + "CPUReservation",
		LatencyAlarm:   "alarm" + environment + "AppServerTargetResponseRate",
		LogGroup:       "log" + environment + "App",
		region:         region,
		account:        account,
	}
	n.ClusterARN = n.arn("ecs", "cluster/"+n.Cluster)
	n.TargetGroupARN = n.arn("elasticloadbalancing", "targetgroup/"+n.TargetGroup+"/0123456789abcdef")
	return n
}

func (n Names) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, n.region, n.account, resource)
}

func (n Names) serviceARN(name string) string { return n.arn("ecs", "service/"+n.Cluster+"/"+name) }
func (n Names) taskARN(id string) string      { return n.arn("ecs", "task/"+n.Cluster+"/"+id) }
func (n Names) taskDefinitionARN(family string) string {
	return n.arn("ecs", "task-definition/"+family+":12")
}
func (n Names) containerInstanceARN(id string) string {
	return n.arn("ecs", "container-instance/"+n.Cluster+"/"+id)
}
func (n Names) alarmARN(name string) string { return n.arn("cloudwatch", "alarm:"+name) }

// Owns reports whether a name, ARN or alarm-name prefix of a request belongs to this environment.
func (n Names) Owns(name string) bool {
	for _, own := range []string{n.Cluster, n.ClusterARN, n.Group, n.TargetGroup, n.TargetGroupARN, n.Alarm, n.LatencyAlarm,
		n.LogGroup, n.arn("logs", "log-group:"+n.LogGroup), n.arn("logs", "log-group:"+n.LogGroup+":*")} {
		if own == name {
			return true
		}
	}
	return len(name) > len("alarm") && (strings.HasPrefix(n.Alarm, name) || strings.HasPrefix(n.LatencyAlarm, name))
}

// lastPart is what follows the last slash: the ID in an ARN, or the ID itself.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func hexID(rng *rand.Rand, digits int) string {
	const alphabet = "0123456789abcdef"
	id := make([]byte, digits)
	for i := range id {
		id[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(id)
}
