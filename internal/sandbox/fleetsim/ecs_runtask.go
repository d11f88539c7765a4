package fleetsim

import (
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type runTaskInput struct {
	Cluster        string `json:"cluster"`
	TaskDefinition string `json:"taskDefinition"`
	Count          int    `json:"count"`
	LaunchType     string `json:"launchType"`
	StartedBy      string `json:"startedBy"`
	ClientToken    string `json:"clientToken"`
}

type runTaskOutput struct {
	Tasks    []ecsTask `json:"tasks"`
	Failures []failure `json:"failures"`
}

// runTask starts one-off Fargate tasks. They print that no migration is pending, and exit with 0.
func (w *World) runTask(in runTaskInput) (runTaskOutput, error) {
	out := runTaskOutput{Tasks: []ecsTask{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	family, _, _ := strings.Cut(lastPart(in.TaskDefinition), ":")
	switch {
	case w.serviceNamed(family) == nil:
		return out, awswire.Errorf("ClientException", "TaskDefinition not found.")
	case in.Count < 0 || in.Count > 10:
		return out, awswire.Errorf("InvalidParameterException", "Count should be between 1 and 10.")
	}
	tasks := w.runs[in.ClientToken]
	if tasks == nil || in.ClientToken == "" {
		tasks = nil
		for range max(in.Count, 1) {
			t := w.newTask(nil, nil)
			t.family, t.startedBy = family, in.StartedBy
			w.launch(t)
			tasks = append(tasks, t)
		}
		w.runs[in.ClientToken] = tasks
	}
	for _, t := range tasks {
		out.Tasks = append(out.Tasks, w.showTask(t))
	}
	return out, nil
}

// runOnce is the life of a one-off task's process.
func (w *World) runOnce(t *task) {
	t.app = w.newApp(t)
	w.after(w.between(10*time.Second, 30*time.Second), t.app.ifAlive(func() {
		w.write(t, "No migrations are pending")
		w.exit(t, 0)
	}))
}
