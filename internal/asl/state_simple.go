package asl

import (
	"fmt"
	"time"
)

// choice takes the first rule whose condition is true; the state's own Assign and Output belong to its Default.
func (s *strand) choice(e *evaluation) (*effect, *failure) {
	st := e.visit.state
	for _, r := range st.rules {
		value, failed := r.condition.evaluate(e)
		if failed != nil {
			return nil, failed
		}
		matches, ok := value.(bool)
		if !ok {
			return nil, e.unexpected(r.condition, "boolean", value)
		}
		if !matches {
			continue
		}
		result, failed := e.outcome(r.outcome, e.visit.input)
		if failed == nil {
			result.next = r.next
		}
		return result, failed
	}
	if st.next == "" {
		return nil, &failure{
			name:  errNoChoiceMatched,
			cause: fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). No choice rule matched, and there is no Default.", st.name, e.visit.entered),
		}
	}
	return e.leave(st.outcome, e.visit.input)
}

// wait sleeps. A time that has passed is not waited for.
func (s *strand) wait(e *evaluation) (*effect, *failure) {
	delay, failed := s.delay(e)
	if failed != nil {
		return nil, failed
	}
	if !s.sleep(delay) {
		return nil, stopped
	}
	return e.leave(e.visit.state.outcome, e.visit.input)
}

func (s *strand) delay(e *evaluation) (time.Duration, *failure) {
	st := e.visit.state
	if st.seconds != nil {
		seconds, failed := e.number(st.seconds, 0, 99999999)
		return time.Duration(seconds * float64(time.Second)), failed
	}
	text, failed := e.text(st.timestamp)
	if failed != nil {
		return 0, failed
	}
	until, err := time.Parse(time.RFC3339, text)
	if err != nil {
		e.visit.before = s.last // the service lets this failure follow from the entry itself
		return 0, e.failed(st.timestamp.path, "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", text)
	}
	return until.Sub(s.run.in.clock().Now()), nil
}

// fail ends the graph with the state's Error and Cause.
func (s *strand) fail(e *evaluation) (*effect, *failure) {
	name, failed := e.text(e.visit.state.errorName)
	if failed != nil {
		return nil, failed
	}
	cause, failed := e.text(e.visit.state.cause)
	if failed != nil {
		return nil, failed
	}
	return nil, &failure{name: name, cause: cause}
}
