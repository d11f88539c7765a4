package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/eventpattern"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
)

// eachEventIsDelivered is how often the bus delivers an event: at least once, as EventBridge promises, and here always twice.
const eachEventIsDelivered = 2

// bus is what EventBridge and the queues behind it hold.
type bus struct {
	deliveries sync.WaitGroup // events on their way to functions

	mu     sync.Mutex
	closed bool
	stops  []func() bool // of the schedules' timers
	dead   []DeadLetter
}

// DeadLetter is an event that could not be delivered, in the queue that keeps it.
type DeadLetter struct{ Queue, Event, Why string }

// DeadLetters returns what the queues hold.
func (a *Account) DeadLetters() []DeadLetter {
	a.bus.mu.Lock()
	defer a.bus.mu.Unlock()
	return slices.Clone(a.bus.dead)
}

// close ends the schedules, and waits for what is on its way.
func (b *bus) close() {
	b.mu.Lock()
	b.closed = true
	for _, stop := range b.stops {
		stop()
	}
	b.mu.Unlock()
	b.deliveries.Wait()
}

// begin says that something is on its way, unless the account is being closed.
func (b *bus) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.deliveries.Add(1)
	}
	return !b.closed
}

// emit sends an event to the targets of every rule whose pattern it fits.
func (a *Account) emit(source, detailType string, resources []string, detail object) {
	event, err := json.Marshal(object{
		"version": "0", "id": "00000000-0000-4000-8000-000000000000", "detail-type": detailType, "source": source,
		"account": AccountID, "time": a.Now().UTC().Format("2006-01-02T15:04:05Z"), "region": AWSRegion, "resources": resources, "detail": detail,
	})
	if err != nil {
		a.log.Error("event", "error", err)
		return
	}
	for _, env := range a.Environments {
		for _, rule := range env.template.Rules {
			if rule.Schedule != "" || !rule.Enabled {
				continue
			}
			if fits, err := eventpattern.Match(rule.Pattern, event); err != nil {
				a.log.Error("event pattern", "rule", rule.Name, "error", err)
			} else if fits {
				a.deliver(env, rule, event)
			}
		}
	}
}

// deliver sends an event to a rule's targets, if their policies let EventBridge do so.
func (a *Account) deliver(env *Environment, rule template.Rule, event []byte) {
	for _, target := range rule.Targets {
		input, err := target.Input(event)
		if err == nil {
			err = a.mayDeliver(env, rule.ARN, target.ARN)
		}
		if err != nil {
			a.log.Error("not delivered", "rule", rule.Name, "target", target.ARN, "error", err)
			a.bury(env, rule.ARN, DeadLetter{target.DeadLetters, string(event), err.Error()})
			continue
		}
		for range eachEventIsDelivered {
			a.send(env, target.ARN, input)
		}
	}
}

func (a *Account) mayDeliver(env *Environment, source, target string) error {
	q, err := template.Delivery("events.amazonaws.com", source, target)
	if err != nil {
		return err
	}
	if refused := a.iam.decideFor(q, env.template.PoliciesAt(target)); refused != nil {
		return fmt.Errorf("AccessDenied: %s", refused.Message())
	}
	return nil
}

func (a *Account) send(env *Environment, target string, input []byte) {
	if strings.HasPrefix(target, "arn:aws:sns:") {
		a.topics.publish(Message{Topic: target, Text: string(input)})
		return
	}
	f, ok := a.functionNamed(target)
	if !ok {
		a.log.Error("a rule's target is neither topic nor function", "target", target)
		return
	}
	if a.options.Bubble || !a.bus.begin() {
		return // a function takes its own time, which a bubble does not know of
	}
	go func() {
		defer a.bus.deliveries.Done()
		a.invokeAsynchronously(env, f, target, input)
	}()
}

// invokeAsynchronously tries an event as often as the function's settings say, here without the minutes between the tries,
// and then puts it where failures go.
func (a *Account) invokeAsynchronously(env *Environment, f *Function, arn string, event []byte) {
	qualifier := "$LATEST"
	if parts := strings.Split(arn, ":"); len(parts) == 8 {
		qualifier = parts[7]
	}
	how, set := f.deployed.Asynchronous[qualifier]
	if !set {
		how.MaxRetries = 2
	}
	var err error
	for range 1 + how.MaxRetries {
		if _, err = a.invoke(f, event); err == nil {
			return
		}
		a.log.Error("an event failed", "function", f.Name, "error", err)
	}
	if how.OnFailure == "" {
		return
	}
	if refused := a.iam.decide(f.service(a), iam.Request{Action: "sqs:SendMessage", Resource: how.OnFailure}); refused != nil {
		a.log.Error("a failed event is lost", "function", f.Name, "error", refused.Message())
		return
	}
	a.keep(DeadLetter{how.OnFailure, string(event), err.Error()})
}

// bury puts an event that a rule could not deliver into the target's queue, if it has one that lets EventBridge do so.
func (a *Account) bury(env *Environment, rule string, letter DeadLetter) {
	if letter.Queue == "" {
		return
	}
	if err := a.mayDeliver(env, rule, letter.Queue); err != nil {
		a.log.Error("an event is lost", "rule", rule, "error", err)
		return
	}
	a.keep(letter)
}

func (a *Account) keep(letter DeadLetter) {
	a.bus.mu.Lock()
	defer a.bus.mu.Unlock()
	a.bus.dead = append(a.bus.dead, letter)
}

// objectCreated tells of an object as S3 does. Inside a bubble nothing is told: nobody there listens but functions.
func (a *Account) objectCreated(e objectstore.Event) {
	if a.options.Bubble {
		return
	}
	o := object{"key": e.Key, "size": e.Size, "etag": e.ETag, "sequencer": "0062E99A88DC407460"}
	if e.VersionID != "" {
		o["version-id"] = e.VersionID
	}
	a.emit("aws.s3", "Object Created", []string{"arn:aws:s3:::" + e.Bucket}, object{"version": "0", "bucket": object{"name": e.Bucket}, "object": o,
		"request-id": "SANDBOX", "requester": AccountID, "source-ip-address": "127.0.0.1", "reason": e.Reason})
}

// statusChanged tells of an execution as Step Functions does: when it starts, and when it has ended.
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
func (a *Account) statusChanged(e *Execution, result *asl.Result) {
	detail := object{
		"executionArn": e.ARN, "stateMachineArn": machineARN(e.Machine), "name": e.Name, "status": "RUNNING", "startDate": e.Started.UnixMilli(),
		"stopDate": nil, "input": string(e.Input), "inputDetails": object{"included": true}, "output": nil, "outputDetails": nil,
		"error": nil, "cause": nil, "stateMachineVersionArn": nil, "stateMachineAliasArn": nil,
	}
	if result != nil {
		detail["status"], detail["stopDate"] = string(result.Status), a.Now().UnixMilli()
		switch {
		case result.Status == asl.Succeeded:
			detail["output"], detail["outputDetails"] = string(result.Output), object{"included": true}
		case result.Error != "" || result.Cause != "":
			detail["error"], detail["cause"] = result.Error, result.Cause
		}
	}
	a.emit("aws.states", "Step Functions Execution Status Change", []string{e.ARN}, detail)
}

// schedule lets the rules that have a schedule fire by the account's clock.
func (a *Account) schedule() error {
	for _, env := range a.Environments {
		for _, rule := range env.template.Rules {
			if rule.Schedule == "" || !rule.Enabled {
				continue
			}
			every, err := rate(rule.Schedule)
			if err != nil {
				return fmt.Errorf("rule %s: %w", rule.Name, err)
			}
			if !a.options.Bubble {
				a.fireEvery(every, func() { a.fire(env, rule) })
			}
		}
	}
	return nil
}

func (a *Account) fireEvery(every time.Duration, fire func()) {
	a.bus.mu.Lock()
	defer a.bus.mu.Unlock()
	if a.bus.closed {
		return
	}
	a.bus.stops = append(a.bus.stops, a.clock.AfterFunc(every, func() {
		fire()
		a.fireEvery(every, fire)
	}))
}

// fire delivers the event of a schedule.
func (a *Account) fire(env *Environment, rule template.Rule) {
	event, err := json.Marshal(object{"version": "0", "id": "00000000-0000-4000-8000-000000000000", "detail-type": "Scheduled Event", "source": "aws.events",
		"account": AccountID, "time": a.Now().UTC().Format("2006-01-02T15:04:05Z"), "region": AWSRegion, "resources": []string{rule.ARN}, "detail": object{}})
	if err != nil {
		a.log.Error("event", "error", err)
		return
	}
	a.deliver(env, rule, event)
}

// rate reads a schedule such as "rate(15 minutes)"; other schedules are not in use here.
func rate(schedule string) (time.Duration, error) {
	var n int
	var unit string
	if _, err := fmt.Sscanf(schedule, "rate(%d %s", &n, &unit); err == nil && n > 0 {
		for name, one := range map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour} {
			if unit == name+")" || unit == name+"s)" {
				return time.Duration(n) * one, nil
			}
		}
	}
	return 0, fmt.Errorf("the schedule %q is none that the sandbox knows; expected rate(<n> minutes), hours or days", schedule)
}
