package trigger

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func operationError(operation string, err error) error {
	return &smithy.OperationError{ServiceID: "test", OperationName: operation, Err: err}
}

func responseError(status int, code string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: code},
	}
}

type object struct{ etag, body string }

// account behaves as far as start-update uses it: a bucket, a state machine, a topic.
type account struct {
	objects    map[string]object // by bucket/key
	executions map[string]string // input by name; all have ended
	published  []string          // messages
	down       map[string]error  // by operation: fails before its effect
	lost       map[string]bool   // by operation: the effect happens, the answer is lost, once
	reads      int
}

func newAccount() *account {
	return &account{objects: map[string]object{}, executions: map[string]string{}, down: map[string]error{}, lost: map[string]bool{}}
}

var errLost = errors.New("connection reset by peer")

func (a *account) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	a.reads++
	if err := a.down["GetObject"]; err != nil {
		return nil, operationError("GetObject", err)
	}
	o, ok := a.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, operationError("GetObject", responseError(http.StatusNotFound, "NoSuchKey"))
	}
	if *in.IfMatch != `"`+o.etag+`"` {
		return nil, operationError("GetObject", responseError(http.StatusPreconditionFailed, "PreconditionFailed"))
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader([]byte(o.body)))}, nil
}

func (a *account) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if err := a.down["StartExecution"]; err != nil {
		return nil, operationError("StartExecution", err)
	}
	if _, ok := a.executions[*in.Name]; ok {
		return nil, operationError("StartExecution", &types.ExecutionAlreadyExists{Message: aws.String("Execution Already Exists")})
	}
	a.executions[*in.Name] = *in.Input
	if a.lost["StartExecution"] {
		a.lost["StartExecution"] = false
		return nil, operationError("StartExecution", errLost)
	}
	return &sfn.StartExecutionOutput{ExecutionArn: aws.String(*in.StateMachineArn + ":" + *in.Name)}, nil
}

func (a *account) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if err := a.down["Publish"]; err != nil {
		return nil, operationError("Publish", err)
	}
	a.published = append(a.published, *in.Message)
	return &sns.PublishOutput{MessageId: aws.String("1")}, nil
}
