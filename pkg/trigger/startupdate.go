package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

type objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

type machines interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

type topics interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// StartUpdate starts one execution of a state machine for an uploaded file.
type StartUpdate struct {
	Objects  objects
	Machines machines
	Topics   topics

	Environment string
	// Machine is the ARN of the state machine, Topic that of the topic that hears of bad files.
	Machine, Topic string
}

// Outcome is what became of an upload.
type Outcome string

// The outcomes.
const (
	// Started: an execution runs.
	Started Outcome = "started"
	// AlreadyStarted: this object version has had its execution; the event was delivered again.
	AlreadyStarted Outcome = "already-started"
	// Refused: the file is not an update, and the topic was told why.
	Refused Outcome = "refused"
	// Ignored: there is nothing to do.
	Ignored Outcome = "ignored"
)

// Output says what became of an upload.
type Output struct {
	Outcome Outcome `json:"outcome"`
	// Execution is the execution's name, empty when there is none.
	Execution string `json:"execution,omitempty"`
	Why       string `json:"why,omitempty"`
}

// Run starts the update that the uploaded file describes. A bad file is no error, because a retry could not mend it:
// the topic is told. A repeated event starts nothing more.
func (v StartUpdate) Run(ctx context.Context, e Event) (Output, error) {
	d := e.Detail
	if why := d.ignored(); why != "" {
		return Output{Outcome: Ignored, Why: why}, nil
	}
	if err := d.badName(); err != nil {
		return v.refuse(ctx, d, err)
	}
	if d.Object.Size > maxSize {
		return v.refuse(ctx, d, errTooLarge)
	}
	body, gone, err := v.read(ctx, d)
	if err != nil {
		return Output{}, fmt.Errorf("read %s: %w", d.uri(), err)
	}
	if gone {
		return Output{Outcome: Ignored, Why: "the object was deleted or replaced since; a newer one has an event of its own"}, nil
	}
	input, err := Check(body)
	if err != nil {
		return v.refuse(ctx, d, err)
	}
	return v.start(ctx, d.executionName(), input)
}

var errTooLarge = fmt.Errorf("the file has over %d bytes; an update lists regions, not their data", maxSize)

// read returns exactly the object that the event is about, at most one byte more than is allowed.
// It is gone when another object, or none, has its key by now.
func (v StartUpdate) read(ctx context.Context, d Detail) (body []byte, gone bool, err error) {
	out, err := v.Objects.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &d.Bucket.Name, Key: &d.Object.Key, IfMatch: aws.String(`"` + d.Object.ETag + `"`),
	})
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		status := response.HTTPStatusCode()
		gone = status == http.StatusPreconditionFailed || status == http.StatusNotFound
	}
	if gone {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer out.Body.Close()
	body, err = io.ReadAll(io.LimitReader(out.Body, maxSize+1))
	return body, false, err
}

func (v StartUpdate) start(ctx context.Context, name, input string) (Output, error) {
	_, err := v.Machines.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &v.Machine, Name: &name, Input: &input})
	var exists *types.ExecutionAlreadyExists
	if errors.As(err, &exists) {
		return Output{Outcome: AlreadyStarted, Execution: name}, nil
	}
	if err != nil {
		return Output{}, fmt.Errorf("start %s of %s: %w", name, v.Machine, err)
	}
	return Output{Outcome: Started, Execution: name}, nil
}

// refuse tells the topic what is wrong with a file.
func (v StartUpdate) refuse(ctx context.Context, d Detail, cause error) (Output, error) {
	text := fmt.Sprintf(`%s did not start an update of %s.

%v

Nothing was changed. Mend the file and upload it again. It must hold one JSON object and nothing else:

{"regions": [{"uri": "s3://<bucket>/regions/<country>/<region>/<time>/", "source": "s3://<bucket>/<where the new data is>/"}],
 "dryRun": true, "reason": "<why>"}

dryRun, reason and allowBreakingMaps may be left out.
`, d.uri(), v.Environment, cause)
	_, err := v.Topics.Publish(ctx, &sns.PublishInput{
		TopicArn: &v.Topic, Message: &text,
		Subject: aws.String(v.Environment + ": an upload did not start an update"), // SNS: at most 100 ASCII characters
	})
	if err != nil {
		return Output{}, fmt.Errorf("tell %s that %s is refused (%w): %w", v.Topic, d.uri(), cause, err)
	}
	return Output{Outcome: Refused, Why: cause.Error()}, nil
}
