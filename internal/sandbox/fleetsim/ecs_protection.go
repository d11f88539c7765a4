package fleetsim

import (
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type protectedTask struct {
	TaskARN        string       `json:"taskArn"`
	Protected      bool         `json:"protectionEnabled"`
	ExpirationDate awswire.Time `json:"expirationDate,omitzero"`
}

type protectionOutput struct {
	ProtectedTasks []protectedTask `json:"protectedTasks"`
	Failures       []failure       `json:"failures"`
}

type updateProtectionInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Protect bool     `json:"protectionEnabled"`
	Minutes *int     `json:"expiresInMinutes"`
}

// updateTaskProtection protects tasks one after the other: what it refuses stands in the failures of a successful answer.
func (w *World) updateTaskProtection(in updateProtectionInput) (protectionOutput, error) {
	out := protectionOutput{ProtectedTasks: []protectedTask{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	minutes := 120
	if in.Minutes != nil {
		minutes = *in.Minutes
	}
	switch {
	case len(in.Tasks) == 0 || len(in.Tasks) > 10:
		return out, awswire.Errorf("InvalidParameterException", "Tasks should have between 1 and 10 elements.")
	case minutes < 1 || minutes > 2880:
		return out, awswire.Errorf("InvalidParameterException", "expiresInMinutes must be between 1 and 2880.")
	}
	for _, arn := range in.Tasks {
		t := w.task(arn)
		if reason, detail := w.refuse(t, in.Protect); reason != "" {
			out.Failures = append(out.Failures, failure{w.Names.taskARN(lastPart(arn)), reason, detail})
			continue
		}
		w.protect(t, in.Protect, time.Duration(minutes)*time.Minute)
		out.ProtectedTasks = append(out.ProtectedTasks, w.protection(t))
	}
	return out, nil
}

func (w *World) refuse(t *task, protect bool) (reason, detail string) {
	switch {
	case t == nil:
		return "MISSING", "The specified task was not found."
	case t.service == nil:
		return "TASK_NOT_VALID", "The specified task is not part of a service."
	case t.doomed || t.status != running:
		return "TASK_NOT_VALID", "The specified task is not running."
	case w.cfg.OldAgent && t.host != nil:
		return "TASK_NOT_VALID", "The container agent does not support task protection."
	case protect && (t.service.deploying || w.protectedBeside(t) >= t.service.desired):
		return "DEPLOYMENT_BLOCKED", "The task cannot be protected because the service's deployment would be blocked."
	}
	return "", ""
}

// protectedBeside counts the service's other protected tasks.
func (w *World) protectedBeside(t *task) int {
	count := 0
	for _, other := range w.wanted(t.service) {
		if other != t && other.protectedUntil.After(w.now) {
			count++
		}
	}
	return count
}

// protect sets or clears a task's protection. A scheduler that has too many tasks looks all the time, so it notices
// when protection has ended.
func (w *World) protect(t *task, on bool, d time.Duration) {
	t.protectedUntil = time.Time{}
	if on {
		t.protectedUntil = w.now.Add(d)
	}
	w.changed()
}

func (w *World) protection(t *task) protectedTask {
	p := protectedTask{TaskARN: w.Names.taskARN(t.id)}
	if t.protectedUntil.After(w.now) {
		p.Protected, p.ExpirationDate = true, awswire.Time{Time: t.protectedUntil}
	}
	return p
}

type getProtectionInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
}

func (w *World) getTaskProtection(in getProtectionInput) (protectionOutput, error) {
	out := protectionOutput{ProtectedTasks: []protectedTask{}, Failures: []failure{}}
	if err := w.cluster(in.Cluster); err != nil {
		return out, err
	}
	if len(in.Tasks) > 100 {
		return out, awswire.Errorf("InvalidParameterException", "Tasks should have at most 100 elements.")
	}
	if len(in.Tasks) == 0 {
		for _, t := range w.wanted(w.service) {
			in.Tasks = append(in.Tasks, t.id)
		}
	}
	for _, arn := range in.Tasks {
		t := w.task(arn)
		switch {
		case t == nil || t.status == stopped:
			out.Failures = append(out.Failures, failure{ARN: w.Names.taskARN(lastPart(arn)), Reason: "MISSING"})
		case t.service == nil:
			out.Failures = append(out.Failures, failure{ARN: w.Names.taskARN(t.id), Reason: "TASK_NOT_VALID"})
		default:
			out.ProtectedTasks = append(out.ProtectedTasks, w.protection(t))
		}
	}
	return out, nil
}
