package asl

import (
	"fmt"
	"slices"
	"time"
)

// stateFields lists, by type, the fields that a JSONata state may have beside Type, Comment and QueryLanguage.
var stateFields = map[string][]string{
	"Pass":     {"Assign", "Output", "Next", "End"},
	"Task":     {"Assign", "Output", "Next", "End", "Resource", "Arguments", "Credentials", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Catch"},
	"Choice":   {"Assign", "Output", "Choices", "Default"},
	"Wait":     {"Assign", "Output", "Next", "End", "Seconds", "Timestamp"},
	"Succeed":  {"Output"},
	"Fail":     {"Error", "Cause"},
	"Parallel": {"Assign", "Output", "Next", "End", "Arguments", "Branches", "Retry", "Catch"},
	"Map": {"Assign", "Output", "Next", "End", "Items", "ItemSelector", "ItemProcessor", "MaxConcurrency",
		"ToleratedFailureCount", "ToleratedFailurePercentage", "Label", "Retry", "Catch"},
}

func (p *parser) readState(name string, value any) *state {
	s := &state{name: name}
	definition, ok := value.(fields)
	if !ok {
		p.problem("", "must be an object")
		return s
	}
	kind, _ := definition.Get("Type")
	s.kind, _ = kind.(string)
	known, ok := stateFields[s.kind]
	if !ok {
		p.problem("Type", "must be Pass, Task, Choice, Wait, Succeed, Fail, Parallel or Map")
		return s
	}
	o, _ := p.object("", value, append([]string{"Type", "Comment", "QueryLanguage"}, known...)...)
	o.text("Comment")
	if !p.queryLanguage(o, p.jsonata) {
		p.problem("QueryLanguage", "the state is JSONPath; only JSONata is supported")
		return s
	}
	if slices.Contains(known, "Next") {
		p.transition(o, s)
	}
	at := plain
	if slices.Contains(known, "Retry") {
		at = afterResult
		s.arguments = o.template("Arguments", plain)
		s.retry, s.catch = p.retriers(o), p.catchers(o)
	}
	s.outcome = o.outcome(at)
	p.specific(o, s)
	return s
}

// transition reads Next or End, of which there must be one.
func (p *parser) transition(o *objectReader, s *state) {
	s.next = o.text("Next")
	end, _ := o.fields.Get("End")
	if o.has("End") && end != true && end != false {
		p.problem("End", "must be true or false")
	}
	if (s.next == "") == (end != true) {
		p.problem("", "must have either Next or End")
	}
}

// specific reads what only one type of state has.
func (p *parser) specific(o *objectReader, s *state) {
	switch s.kind {
	case "Task":
		p.task(o, s)
	case "Choice":
		p.choice(o, s)
	case "Wait":
		p.wait(o, s)
	case "Fail":
		s.errorName, s.cause = o.template("Error", plain), o.template("Cause", plain)
		for _, key := range []string{"Error", "Cause"} {
			o.text(key)
		}
	case "Parallel":
		p.parallel(o, s)
	case "Map":
		p.mapState(o, s)
	}
}

func (p *parser) task(o *objectReader, s *state) {
	s.resource = p.resource(o.text("Resource"))
	s.credentials = o.template("Credentials", plain)
	s.timeout = o.numeric("TimeoutSeconds", 1, 99999999, true)
	s.heartbeat = o.numeric("HeartbeatSeconds", 1, 99999999, true)
	if s.timeout == nil || s.heartbeat == nil {
		return
	}
	timeout, fixed := s.timeout.constant.(float64)
	heartbeat, alsoFixed := s.heartbeat.constant.(float64)
	if fixed && alsoFixed && heartbeat >= timeout {
		p.problem("HeartbeatSeconds", "must be smaller than TimeoutSeconds")
	}
}

func (p *parser) choice(o *objectReader, s *state) {
	s.next = o.text("Default")
	choices := o.list("Choices")
	if len(choices) == 0 {
		p.problem("Choices", "must have at least one rule")
	}
	for i, value := range choices {
		prefix := fmt.Sprintf("Choices[%d]/", i)
		r, ok := p.object(prefix, value, "Comment", "Condition", "Next", "Assign", "Output")
		if !ok {
			continue
		}
		r.text("Comment")
		condition := r.template("Condition", plain)
		if condition == nil {
			p.problem(prefix+"Condition", "is missing")
		} else if _, fixed := condition.constant.(bool); condition.constant != nil && !fixed {
			p.problem(prefix+"Condition", "must be an expression {%% … %%}")
		}
		if !r.has("Next") {
			p.problem(prefix+"Next", "is missing")
		}
		s.rules = append(s.rules, rule{condition: condition, next: r.text("Next"), outcome: r.outcome(plain)})
	}
}

func (p *parser) wait(o *objectReader, s *state) {
	if o.has("Seconds") == o.has("Timestamp") {
		p.problem("", "must have either Seconds or Timestamp")
		return
	}
	s.seconds = o.numeric("Seconds", 0, 99999999, true)
	text := o.text("Timestamp")
	s.timestamp = o.template("Timestamp", plain)
	if s.timestamp != nil && s.timestamp.expr == nil {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			p.problem("Timestamp", "%q is not an RFC 3339 time", text)
		}
	}
}

func (p *parser) parallel(o *objectReader, s *state) {
	branches := o.list("Branches")
	if len(branches) == 0 {
		p.problem("Branches", "must have at least one branch")
	}
	for i, value := range branches {
		if b, ok := p.object(fmt.Sprintf("Branches[%d]/", i), value, "Comment", "QueryLanguage", "StartAt", "States"); ok {
			s.branches = append(s.branches, p.graph(b))
		}
	}
}

func (p *parser) mapState(o *objectReader, s *state) {
	value, ok := o.fields.Get("ItemProcessor")
	if !ok {
		p.problem("ItemProcessor", "is missing")
		return
	}
	processor, ok := p.object("ItemProcessor/", value, "Comment", "QueryLanguage", "ProcessorConfig", "StartAt", "States")
	if !ok {
		return
	}
	s.distributed = p.isDistributed(processor)
	s.processor = p.graph(processor)
	o.text("Label")
	s.selector = o.template("ItemSelector", plain)
	s.concurrency = o.numeric("MaxConcurrency", 0, 10000, true)
	s.toleratedCount = o.numeric("ToleratedFailureCount", 0, 1e9, true)
	s.toleratedPercentage = o.numeric("ToleratedFailurePercentage", 0, 100, false)
	items, _ := o.fields.Get("Items")
	if _, isList := items.([]any); isList || items == nil {
		s.items = o.template("Items", plain)
	} else {
		s.items = o.expression("Items")
	}
}

func (p *parser) isDistributed(processor *objectReader) bool {
	value, ok := processor.fields.Get("ProcessorConfig")
	if !ok {
		return false
	}
	config, ok := p.object("ItemProcessor/ProcessorConfig/", value, "Mode", "ExecutionType")
	if !ok {
		return false
	}
	mode, kind := config.text("Mode"), config.text("ExecutionType")
	if mode != "" && mode != "INLINE" && mode != "DISTRIBUTED" {
		p.problem("ItemProcessor/ProcessorConfig/Mode", "must be INLINE or DISTRIBUTED")
	}
	if mode == "DISTRIBUTED" && kind != "STANDARD" {
		p.problem("ItemProcessor/ProcessorConfig/ExecutionType", "must be STANDARD; express workflows are not supported")
	}
	return mode == "DISTRIBUTED"
}
