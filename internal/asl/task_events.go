package asl

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

func (s *strand) schedule(v *visit, c *call) {
	r := v.state.resource
	e := Event{
		Type: r.event("Scheduled"), State: v.state.name, Resource: r.action, ResourceType: r.service, Parameters: c.arguments.text,
		TimeoutInSeconds: int(c.timeout / time.Second), HeartbeatInSeconds: int(c.heartbeat / time.Second),
	}
	if r.function {
		e.Resource = r.arn
	}
	if c.credentials != nil {
		e.Credentials = lowerKeys(c.credentials)
	}
	s.add(e)
}

// lowerKeys writes an object's keys as the history does: RoleArn as roleArn.
func lowerKeys(d *datum) json.RawMessage {
	object, ok := d.value.(fields)
	if !ok {
		return d.text
	}
	var members []jsonata.Member
	for _, key := range object.Keys() {
		value, _ := object.Get(key)
		if key != "" {
			key = strings.ToLower(key[:1]) + key[1:]
		}
		members = append(members, jsonata.Member{Key: key, Value: value})
	}
	text, err := jsonata.Encode(jsonata.Object(members...))
	if err != nil {
		return d.text
	}
	return text
}

func (s *strand) newTask(v *visit, c *call) Task {
	t := Task{
		Resource: v.state.resource.arn, State: v.state.name, ExecutionName: s.run.options.Name, ExecutionID: s.run.options.ID, Token: c.token,
		Arguments: jsonata.ToGo(c.arguments.value), Payload: c.arguments.text, Attempt: v.retries, Timeout: c.timeout,
	}
	if c.credentials != nil {
		t.Credentials = jsonata.ToGo(c.credentials.value)
	}
	return t
}

func (s *strand) submitted(v *visit, output any) {
	e := Event{Type: "TaskSubmitted", State: v.state.name, Resource: v.state.resource.action, ResourceType: v.state.resource.service}
	if d, err := datumOf(output); err == nil {
		e.Output = d.text
	}
	s.add(e)
}

// succeeded notes the result, unless it is too large.
func (s *strand) succeeded(v *visit, output any) (*datum, *failure) {
	r := v.state.resource
	d, err := datumOf(output)
	if err != nil {
		return nil, s.taskFailed(v, "Failed", failureOf(err))
	}
	if d.tooLarge() {
		return nil, s.taskFailed(v, "Failed", tooLarge(r.title()))
	}
	s.add(Event{Type: r.event("Succeeded"), State: v.state.name, Resource: r.action, ResourceType: r.service, Output: d.text})
	return d, nil
}

func (s *strand) taskFailed(v *visit, stage string, f *failure) *failure {
	r := v.state.resource
	s.add(Event{Type: r.event(stage), State: v.state.name, Resource: r.action, ResourceType: r.service, Error: f.name, Cause: f.cause})
	return f
}
