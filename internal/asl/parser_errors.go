package asl

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

func (p *parser) retriers(o *objectReader) []retrier {
	var result []retrier
	list := o.list("Retry")
	for i, value := range list {
		prefix := fmt.Sprintf("Retry[%d]/", i)
		r, ok := p.object(prefix, value, "Comment", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy")
		if !ok {
			continue
		}
		one := retrier{errorEquals: p.errorEquals(r, i == len(list)-1), interval: 1, attempts: 3, rate: 2}
		if n, ok := r.number("IntervalSeconds", 1, 99999999, true); ok {
			one.interval = n
		}
		if n, ok := r.number("MaxAttempts", 0, 99999999, true); ok {
			one.attempts = int(n)
		}
		if n, ok := r.number("BackoffRate", 1, math.MaxFloat64, false); ok {
			one.rate = n
		}
		if n, ok := r.number("MaxDelaySeconds", 1, 31622400, true); ok {
			one.maxDelay = n
		}
		switch strategy := r.text("JitterStrategy"); strategy {
		case "FULL":
			one.jitter = true
		case "", "NONE":
		default:
			p.problem(prefix+"JitterStrategy", "must be FULL or NONE")
		}
		result = append(result, one)
	}
	return result
}

func (p *parser) catchers(o *objectReader) []catcher {
	var result []catcher
	list := o.list("Catch")
	for i, value := range list {
		prefix := fmt.Sprintf("Catch[%d]/", i)
		c, ok := p.object(prefix, value, "Comment", "ErrorEquals", "Next", "Assign", "Output")
		if !ok {
			continue
		}
		if !c.has("Next") {
			p.problem(prefix+"Next", "is missing")
		}
		result = append(result, catcher{errorEquals: p.errorEquals(c, i == len(list)-1), next: c.text("Next"), outcome: c.outcome(afterError)})
	}
	return result
}

// errorEquals reads the names; States.ALL must be alone, and in the last retrier or catcher.
func (p *parser) errorEquals(o *objectReader, last bool) []string {
	path := o.prefix + "ErrorEquals"
	list := o.list("ErrorEquals")
	if len(list) == 0 {
		p.problem(path, "must have at least one name")
	}
	var names []string
	for _, value := range list {
		name, ok := value.(string)
		if !ok {
			p.problem(path, "must hold strings")
			continue
		}
		if strings.HasPrefix(name, "States.") && !slices.Contains(stateErrors, name) {
			p.problem(path, "the service has no error %q", name)
		}
		names = append(names, name)
	}
	if slices.Contains(names, errAll) && (len(names) > 1 || !last) {
		p.problem(path, "States.ALL must stand alone, in the last of the list")
	}
	return names
}
