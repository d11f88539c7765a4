package fleetsim

import (
	"net/http"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

// Mux serves several environments of one account: each request goes to the World that owns the cluster, group, target group,
// log group, alarm or instance it names. A request that names none of them goes to the first World.
func Mux(worlds ...*World) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		call, err := awswire.Parse(r)
		if err != nil {
			awswire.FailUnparsed(rw, err)
			return
		}
		owner := worlds[0]
		for _, name := range named(call) {
			if i := slices.IndexFunc(worlds, func(w *World) bool { return w.owns(name) }); i >= 0 {
				owner = worlds[i]
				break
			}
		}
		owner.serve(rw, call)
	})
}

func (w *World) owns(name string) bool {
	if w.Names.Owns(name) {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.instances, func(i *instance) bool { return i.id == name })
}

// named are the names by which a request tells its environment.
func named(c *awswire.Call) []string {
	var in struct {
		Cluster               string   `json:"cluster"`
		Clusters              []string `json:"clusters"`
		LogGroupName          string   `json:"logGroupName"`
		LogGroupIdentifier    string   `json:"logGroupIdentifier"`
		AutoScalingGroupName  string   `json:"AutoScalingGroupName"`
		AutoScalingGroupNames []string `json:"AutoScalingGroupNames"`
		InstanceID            string   `json:"InstanceId"`
		TargetGroupARN        string   `json:"TargetGroupArn"`
		TargetGroupARNs       []string `json:"TargetGroupArns"`
		Names                 []string `json:"Names"`
		AlarmNames            []string `json:"AlarmNames"`
		AlarmNamePrefix       string   `json:"AlarmNamePrefix"`
	}
	if err := c.Bind(&in); err != nil {
		return nil // the operation will say so
	}
	names := []string{in.Cluster, in.LogGroupName, in.LogGroupIdentifier, in.AutoScalingGroupName, in.InstanceID, in.TargetGroupARN, in.AlarmNamePrefix}
	return slices.Concat(names, in.Clusters, in.AutoScalingGroupNames, in.TargetGroupARNs, in.Names, in.AlarmNames)
}
