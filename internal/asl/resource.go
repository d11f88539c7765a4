package asl

import "strings"

// A resource is what a Task calls.
type resource struct {
	arn      string
	function bool   // the ARN of a Lambda function, called without an integration
	service  string // lambda, states, sns, aws-sdk:s3, …
	action   string // invoke, startExecution.sync:2, publish.waitForTaskToken, …
	callback bool   // .waitForTaskToken
	sync     bool   // .sync or .sync:2
}

// resource reads a Task's Resource.
func (p *parser) resource(arn string) resource {
	r := resource{arn: arn}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		p.problem("Resource", "%q is not an ARN", arn)
		return r
	}
	switch {
	case parts[2] == "lambda":
		r.function = true
	case parts[2] == "states" && parts[3] == "" && parts[4] == "":
		dot := strings.LastIndex(parts[5], ":")
		if strings.HasSuffix(parts[5], ".sync:2") {
			dot = strings.LastIndex(strings.TrimSuffix(parts[5], ":2"), ":")
		}
		if dot < 0 {
			p.problem("Resource", "%q names no action", arn)
			return r
		}
		r.service, r.action = parts[5][:dot], parts[5][dot+1:]
		r.callback = strings.HasSuffix(r.action, ".waitForTaskToken")
		r.sync = strings.HasSuffix(r.action, ".sync") || strings.HasSuffix(r.action, ".sync:2")
	default:
		p.problem("Resource", "%q is neither a function nor an integration; activities are not supported", arn)
	}
	return r
}

// title is how the service names the resource in its messages.
func (r resource) title() string {
	if r.function {
		return r.arn
	}
	return r.service
}

// event is the type of the task's event of a stage: Scheduled, Started, Failed, …
func (r resource) event(stage string) string {
	if r.function {
		return "LambdaFunction" + stage
	}
	return "Task" + stage
}
