package fleetsim

import (
	"slices"
	"strconv"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type targetID struct {
	ID   string `json:"Id"`
	Port int    `json:"Port"`
	Zone string `json:"AvailabilityZone"`
}

type targetDescription struct {
	Target          targetID     `json:"Target"`
	HealthCheckPort string       `json:"HealthCheckPort"`
	TargetHealth    targetHealth `json:"TargetHealth"`
}

type targetHealth struct {
	State       string `json:"State"`
	Reason      string `json:"Reason"`
	Description string `json:"Description"`
}

type describeTargetHealthInput struct {
	ARN     string     `json:"TargetGroupArn"`
	Targets []targetID `json:"Targets"`
}

type describeTargetHealthOutput struct {
	Descriptions []targetDescription `json:"TargetHealthDescriptions"`
}

// describeTargetHealth answers for all targets at once; one asked for by name that is not registered is unused.
func (w *World) describeTargetHealth(in describeTargetHealthInput) (describeTargetHealthOutput, error) {
	var out describeTargetHealthOutput
	if in.ARN != w.Names.TargetGroupARN {
		return out, awswire.Errorf("TargetGroupNotFound", "One or more target groups not found")
	}
	v := w.stale()
	for i := range v.targets {
		r := &v.targets[i]
		if len(in.Targets) == 0 || slices.ContainsFunc(in.Targets, r.is) {
			out.Descriptions = append(out.Descriptions, targetDescription{
				Target:          targetID{r.task.ip, port, r.task.zone},
				HealthCheckPort: strconv.Itoa(port),
				TargetHealth:    targetHealth{r.state, r.reason, r.description},
			})
		}
	}
	for _, asked := range in.Targets {
		if !slices.ContainsFunc(v.targets, func(r target) bool { return r.is(asked) }) {
			out.Descriptions = append(out.Descriptions, targetDescription{
				Target:       asked,
				TargetHealth: targetHealth{"unused", "Target.NotRegistered", "Target is not registered to the target group"},
			})
		}
	}
	return out, nil
}

func (r *target) is(asked targetID) bool {
	return r.task.ip == asked.ID && (asked.Port == 0 || asked.Port == port)
}

type describeTargetGroupsInput struct {
	ARNs  []string `json:"TargetGroupArns"`
	Names []string `json:"Names"`
}

type targetGroup struct {
	ARN            string `json:"TargetGroupArn"`
	Name           string `json:"TargetGroupName"`
	Protocol       string `json:"Protocol"`
	Port           int    `json:"Port"`
	TargetType     string `json:"TargetType"`
	Path           string `json:"HealthCheckPath"`
	Interval       int    `json:"HealthCheckIntervalSeconds"`
	HealthyAfter   int    `json:"HealthyThresholdCount"`
	UnhealthyAfter int    `json:"UnhealthyThresholdCount"`
}

type describeTargetGroupsOutput struct {
	Groups []targetGroup `json:"TargetGroups"`
}

func (w *World) describeTargetGroups(in describeTargetGroupsInput) (describeTargetGroupsOutput, error) {
	asked := slices.Concat(in.ARNs, in.Names)
	own := slices.Contains(asked, w.Names.TargetGroup) || slices.Contains(asked, w.Names.TargetGroupARN)
	if len(asked) > 0 && !own {
		return describeTargetGroupsOutput{}, awswire.Errorf("TargetGroupNotFound", "One or more target groups not found")
	}
	return describeTargetGroupsOutput{[]targetGroup{{
		ARN: w.Names.TargetGroupARN, Name: w.Names.TargetGroup, Protocol: "HTTP", Port: port, TargetType: "ip", Path: "/healthcheck",
		Interval: int(w.timing.Probe.Seconds()), HealthyAfter: w.timing.HealthyAfter, UnhealthyAfter: w.timing.UnhealthyAfter,
	}}}, nil
}
