package sandbox

import (
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// historyEvents writes events as GetExecutionHistory does: each with the details of its type.
func historyEvents(events []asl.Event) []object {
	answers := make([]object, 0, len(events))
	for _, e := range events {
		answer := object{"id": e.ID, "previousEventId": e.PrevID, "timestamp": seconds(e.Time), "type": e.Type}
		if details := eventDetails(e); len(details) > 0 {
			answer[detailsKey(e.Type)] = details
		}
		answers = append(answers, answer)
	}
	return answers
}

// detailsKey names the details of a type of event: all states share two, the others have their own.
func detailsKey(kind string) string {
	switch {
	case strings.HasSuffix(kind, "StateEntered"):
		return "stateEnteredEventDetails"
	case strings.HasSuffix(kind, "StateExited"):
		return "stateExitedEventDetails"
	}
	return strings.ToLower(kind[:1]) + kind[1:] + "EventDetails"
}

func eventDetails(e asl.Event) object {
	details := object{}
	set := func(key, value string) {
		if value != "" {
			details[key] = value
		}
	}
	if strings.HasSuffix(e.Type, "StateEntered") || strings.HasSuffix(e.Type, "StateExited") || e.Type == "EvaluationFailed" {
		set("name", e.State)
	}
	set("input", string(e.Input))
	set("output", string(e.Output))
	set("resource", e.Resource)
	set("resourceType", e.ResourceType)
	set("parameters", string(e.Parameters))
	set("error", e.Error)
	set("cause", e.Cause)
	set("location", e.Location)
	if strings.HasPrefix(e.Type, "MapIteration") {
		details["name"], details["index"] = e.State, e.Index
	}
	if e.Type == "MapStateStarted" {
		details["length"] = e.Length
	}
	return details
}
