package template

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Rule is a rule of EventBridge.
type Rule struct {
	ID, Name, ARN string
	// Pattern is what events must look like, null for a rule with a schedule.
	Pattern  json.RawMessage
	Schedule string
	Enabled  bool
	Targets  []Target
}

// Target is what a rule sends events to.
type Target struct {
	ID, ARN string
	// Role is the name of the role that events are sent with; services with policies of their own need none.
	Role        string
	DeadLetters string // ARN
	MaxAge      int    // seconds
	MaxRetries  int

	input, inputPath string
	transformer      *transformer
}

func (l *loader) rules(t *Template) error {
	type target struct {
		ID, Arn, RoleArn string
		Input, InputPath string
		InputTransformer *transformer
		DeadLetterConfig struct{ Arn string }
		RetryPolicy      struct{ MaximumEventAgeInSeconds, MaximumRetryAttempts number }
	}
	type properties struct {
		EventPattern       json.RawMessage
		ScheduleExpression string
		State              string
		Targets            []target
	}
	return each(l, "AWS::Events::Rule", func(id string, p properties) error {
		r := Rule{ID: id, Pattern: p.EventPattern, Schedule: p.ScheduleExpression, Enabled: p.State != "DISABLED"}
		var err error
		if r.Name, r.ARN, err = l.nameAndARN(id); err != nil {
			return err
		}
		for _, given := range p.Targets {
			r.Targets = append(r.Targets, Target{ID: given.ID, ARN: given.Arn, Role: roleName(given.RoleArn), DeadLetters: given.DeadLetterConfig.Arn,
				MaxAge: int(given.RetryPolicy.MaximumEventAgeInSeconds), MaxRetries: int(given.RetryPolicy.MaximumRetryAttempts),
				input: given.Input, inputPath: given.InputPath, transformer: given.InputTransformer})
		}
		t.Rules = append(t.Rules, r)
		return nil
	})
}

// deliveries are the actions that services need to send something to a target, by the service of its ARN.
var deliveries = map[string]string{"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage", "states": "states:StartExecution"}

// Delivery is the request with which a service, such as events.amazonaws.com for a rule or cloudwatch.amazonaws.com for
// an alarm, sends something to a target. PoliciesAt(target) decide it. EventBridge names the rule to functions and queues,
// never the account; to topics it names neither, so that a condition refuses it:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func Delivery(service, sourceARN, target string) (iam.Request, error) {
	parts := strings.Split(target, ":")
	source := strings.Split(sourceARN, ":")
	if len(parts) < 6 || len(source) < 6 || deliveries[parts[2]] == "" {
		return iam.Request{}, fmt.Errorf("nothing is known of how %s sends to %q", service, target)
	}
	q := iam.Request{Principal: service, Action: deliveries[parts[2]], Resource: target}.With("aws:SecureTransport", "true")
	byRule := service == "events.amazonaws.com"
	if byRule && parts[2] == "sns" {
		return q, nil
	}
	if q = q.With("aws:SourceArn", sourceARN); byRule {
		return q, nil
	}
	return q.With("aws:SourceAccount", source[4]), nil
}
