package fleetsim

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

// Services are the services that a World answers for, as they are named in a request's signature.
var Services = []string{"ecs", "autoscaling", "elasticloadbalancing", "logs", "monitoring"}

// operation is one action of the API: it reads its input from the call and returns its output.
type operation func(w *World, c *awswire.Call) (any, error)

// op makes an operation of a typed function.
func op[In, Out any](run func(*World, In) (Out, error)) operation {
	return func(w *World, c *awswire.Call) (any, error) {
		var in In
		if err := c.Bind(&in); err != nil {
			return nil, awswire.Errorf(protocolCodes[c.Service].invalid, "%v", err)
		}
		return run(w, in)
	}
}

var operations = map[string]operation{
	"ecs DescribeClusters":           op((*World).describeClusters),
	"ecs DescribeServices":           op((*World).describeServices),
	"ecs ListServices":               op((*World).listServices),
	"ecs UpdateService":              op((*World).updateService),
	"ecs ListTasks":                  op((*World).listTasks),
	"ecs DescribeTasks":              op((*World).describeTasks),
	"ecs RunTask":                    op((*World).runTask),
	"ecs StopTask":                   op((*World).stopTask),
	"ecs UpdateTaskProtection":       op((*World).updateTaskProtection),
	"ecs GetTaskProtection":          op((*World).getTaskProtection),
	"ecs ListContainerInstances":     op((*World).listContainerInstances),
	"ecs DescribeContainerInstances": op((*World).describeContainerInstances),

	"autoscaling DescribeAutoScalingGroups":           op((*World).describeAutoScalingGroups),
	"autoscaling SetDesiredCapacity":                  op((*World).setDesiredCapacity),
	"autoscaling TerminateInstanceInAutoScalingGroup": op((*World).terminateInstance),
	"autoscaling SuspendProcesses":                    op((*World).suspendProcesses),
	"autoscaling ResumeProcesses":                     op((*World).resumeProcesses),
	"autoscaling SetInstanceProtection":               op((*World).setInstanceProtection),

	"elasticloadbalancing DescribeTargetHealth": op((*World).describeTargetHealth),
	"elasticloadbalancing DescribeTargetGroups": op((*World).describeTargetGroups),

	"logs FilterLogEvents":    op((*World).filterLogEvents),
	"logs GetLogEvents":       op((*World).getLogEvents),
	"logs DescribeLogStreams": op((*World).describeLogStreams),

	"monitoring DescribeAlarms": op((*World).describeAlarms),
}

// protocolCodes are the error codes that differ from service to service.
var protocolCodes = map[string]struct{ throttled, internal, invalid string }{
	"ecs":                  {"ThrottlingException", "ServerException", "InvalidParameterException"},
	"autoscaling":          {"Throttling", "InternalFailure", "ValidationError"},
	"elasticloadbalancing": {"Throttling", "InternalFailure", "ValidationError"},
	"logs":                 {"ThrottlingException", "ServiceUnavailableException", "InvalidParameterException"},
	"monitoring":           {"Throttling", "InternalServiceFault", "InvalidParameterValue"},
}

// Handler serves the World's APIs. Every request first advances the World to the present.
func (w *World) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		call, err := awswire.Parse(r)
		if err != nil {
			awswire.FailUnparsed(rw, err)
			return
		}
		w.serve(rw, call)
	})
}

func (w *World) serve(rw http.ResponseWriter, c *awswire.Call) {
	out, id, err := w.answer(c)
	if errors.Is(err, errDropped) {
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	}
	var refused *awswire.Error
	switch {
	case errors.As(err, &refused):
		err = c.Fail(rw, id, refused)
	case err != nil:
		err = c.Fail(rw, id, &awswire.Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError})
	default:
		err = c.Reply(rw, id, out)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

// errDropped ends a call without an answer.
var errDropped = errors.New("the connection breaks")

// answer runs a call on the World, faults included.
func (w *World) answer(c *awswire.Call) (out any, requestID string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(w.cfg.Now().UTC())
	requestID = fmt.Sprintf("%s-%s-4%s", hexID(w.wire, 8), hexID(w.wire, 4), hexID(w.wire, 15))
	key := c.Service + " " + c.Action
	w.calls[key]++
	run, known := operations[key]
	if !known {
		return nil, requestID, awswire.Errorf("UnknownOperationException", "the simulated account does not know %s", key)
	}
	fault := w.fault(c)
	codes := protocolCodes[c.Service]
	broken := &awswire.Error{Code: codes.internal, Message: "An internal error has occurred", Status: http.StatusInternalServerError}
	switch fault {
	case Throttle:
		return nil, requestID, awswire.Errorf(codes.throttled, "Rate exceeded")
	case Error500:
		return nil, requestID, broken
	case Drop:
		return nil, requestID, errDropped
	}
	out, err = run(w, c)
	w.record()
	switch {
	case err == nil && fault == LostAnswer500:
		err = broken
	case err == nil && fault == LostAnswerDrop:
		err = errDropped
	}
	return out, requestID, err
}

// fault decides what happens to a call.
func (w *World) fault(c *awswire.Call) Fault {
	if w.cfg.Fault != nil {
		if f := w.cfg.Fault(c.Service, c.Action, w.calls[c.Service+" "+c.Action]); f != NoFault {
			return f
		}
	}
	switch chance := w.wire.Float64(); {
	case chance < w.cfg.Faults.Throttled:
		return Throttle
	case chance < w.cfg.Faults.Throttled+w.cfg.Faults.LostAnswers/2:
		return LostAnswer500
	case chance < w.cfg.Faults.Throttled+w.cfg.Faults.LostAnswers:
		return LostAnswerDrop
	}
	return Pass
}
