package asl

import (
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/jsonata"
)

// timestamp writes a time as the context object has it: milliseconds, without zeros at the end.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// context builds $states.context.
func (s *strand) context(v *visit) any {
	state := jsonata.Object(
		jsonata.Member{Key: "Name", Value: v.state.name},
		jsonata.Member{Key: "EnteredTime", Value: timestamp(v.enteredTime)},
		jsonata.Member{Key: "RetryCount", Value: float64(v.retries)})
	members := append(s.run.context[:len(s.run.context):len(s.run.context)], jsonata.Member{Key: "State", Value: state})
	if v.token != "" {
		members = append(members, jsonata.Member{Key: "Task", Value: jsonata.Object(jsonata.Member{Key: "Token", Value: v.token})})
	}
	if s.item != nil {
		members = append(members, jsonata.Member{Key: "Map", Value: jsonata.Object(jsonata.Member{Key: "Item", Value: s.item})})
	}
	return jsonata.Object(members...)
}

// executionContext is the part of the context object that stays the same.
func executionContext(o ExecutionOptions, input any, started time.Time) []jsonata.Member {
	execution := jsonata.Object(
		jsonata.Member{Key: "Id", Value: o.ID},
		jsonata.Member{Key: "Input", Value: input},
		jsonata.Member{Key: "StartTime", Value: timestamp(started)},
		jsonata.Member{Key: "Name", Value: o.Name},
		jsonata.Member{Key: "RoleArn", Value: o.RoleARN},
		jsonata.Member{Key: "RedriveCount", Value: 0.0})
	machine := jsonata.Object(
		jsonata.Member{Key: "Id", Value: o.StateMachineARN},
		jsonata.Member{Key: "Name", Value: o.StateMachine})
	return []jsonata.Member{{Key: "Execution", Value: execution}, {Key: "StateMachine", Value: machine}}
}
