package fleet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

func TestMetricsOfPollHealth(t *testing.T) {
	t.Parallel()
	eta := 90
	type task = readiness.TaskReport
	for _, tt := range []struct {
		name  string
		eta   *int
		tasks []task
		want  map[string]float64
	}{
		{name: "no new task", want: map[string]float64{}},
		{name: "starting", tasks: []task{{State: "starting"}}, want: map[string]float64{"LoadedPercent": 0}},
		{name: "loading", eta: &eta, tasks: []task{{State: "loading", Complete: 1, Total: 4}, {State: "healthy"}, {State: "loaded", Complete: 4, Total: 4}, {State: "starting"}},
			want: map[string]float64{"LoadedPercent": 56.25, "EtaSeconds": 90}},
		{name: "on their way out", tasks: []task{{State: "stopped", Complete: 1, Total: 4}, {State: "stopping", Total: 4}}, want: map[string]float64{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want["HealthyNewTasks"], tt.want["OldTasksRunning"] = 2, 3
			got := map[string]float64{}
			for _, m := range (PollHealthOutput{Report: readiness.Report{Healthy: 2, OldRunning: 3, ETASeconds: tt.eta, Tasks: tt.tasks}}).Metrics() {
				got[m.Name] = m.Value
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
