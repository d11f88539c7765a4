package fleet

import (
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
	"github.com/publicmapping/districtbuilder-ops/pkg/readiness"
)

// Metrics implements lambdarun.Measured. What is not known yet is left out.
func (o PollHealthOutput) Metrics() []lambdarun.Metric {
	metrics := []lambdarun.Metric{
		{Name: "HealthyNewTasks", Unit: lambdarun.Count, Value: float64(o.Healthy)},
		{Name: "OldTasksRunning", Unit: lambdarun.Count, Value: float64(o.OldRunning)},
	}
	if percent, ok := loaded(o.Tasks); ok {
		metrics = append(metrics, lambdarun.Metric{Name: "LoadedPercent", Unit: lambdarun.Percent, Value: percent})
	}
	if o.ETASeconds != nil {
		metrics = append(metrics, lambdarun.Metric{Name: "EtaSeconds", Unit: lambdarun.Seconds, Value: float64(*o.ETASeconds)})
	}
	return metrics
}

// loaded is how much of their regions the new tasks have loaded, in percent: the mean of those that are not on their
// way out. A task that has not said how many regions there are has loaded none, unless it is healthy: its lines are
// then older than the first look. It is not known while there is no new task.
func loaded(tasks []readiness.TaskReport) (percent float64, known bool) {
	count, sum := 0, 0.0
	for _, t := range tasks {
		switch {
		case t.State == "stopping" || t.State == "stopped":
			continue
		case t.State == "healthy" || t.State == "loaded":
			sum++
		case t.Total > 0:
			sum += float64(t.Complete) / float64(t.Total)
		}
		count++
	}
	if count == 0 {
		return 0, false
	}
	return 100 * sum / float64(count), true
}
