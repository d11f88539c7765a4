package deployed

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// bucket is a state bucket that holds a lock, or nothing.
type bucket struct {
	*s3.Client // for the calls that a status does not make
	lock       string
}

func (b bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	if b.lock == "" || *in.Key != "lock.json" {
		return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusNotFound}}, Err: &s3types.NoSuchKey{}}}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader([]byte(b.lock))), ETag: aws.String(`"e"`), ContentLength: aws.Int64(int64(len(b.lock)))}, nil
}

func lockOf(owner string) string {
	return `{"owner":"` + owner + `","run":"update-1","reason":"why","acquiredAt":"2026-11-22T20:04:05Z","expiresAt":"2026-11-23T02:04:05Z"}`
}

func TestLook(t *testing.T) {
	at := clock(begin)
	tests := []struct {
		name, lock string
		statuses   map[string]types.ExecutionStatus
		want       []string
	}{
		{"nothing yet", "", nil, []string{"nothing runs", "the lock is free"}},
		{"an update in its restart", lockOf(updateARN), map[string]types.ExecutionStatus{updateARN: types.ExecutionStatusRunning, restartARN: types.ExecutionStatusRunning}, []string{
			"update-regions runs: update-1, since " + at + ", in RestartServices", "restart-services runs: update-1-restart, since " + at + ", in PollHealth",
			"the lock is held by run update-1 for 10m0s; its execution is at work"}},
		{"aborted", lockOf(updateARN), map[string]types.ExecutionStatus{updateARN: types.ExecutionStatusAborted}, []string{
			"nothing runs", "update-regions ended last: update-1 ABORTED, " + at, "the lock is held by run update-1 for 10m0s; its execution is over (ABORTED): see dbops left update-1"}},
		{"a person has the lock", lockOf("jane"), nil, []string{"nothing runs", "the lock is held by run update-1 for 10m0s; its owner is jane"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := anUpdate()
			s.now, s.page = begin.Add(10*time.Minute), 1000
			s.statuses = tt.statuses
			store := journal.New(bucket{lock: tt.lock}, "state", func() time.Time { return s.now })
			status, err := Look(t.Context(), s, store, staging())
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(status.Tell(), "\n"); got != strings.Join(tt.want, "\n") {
				t.Errorf("%s\nwant\n%s", got, strings.Join(tt.want, "\n"))
			}
		})
	}
}
