package sandbox

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// TestAnUploadStartsOneExecution uploads an update through the account's S3: the bus delivers the event twice, and one
// execution starts. A copy of the same file starts none.
func TestAnUploadStartsOneExecution(t *testing.T) {
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, NewPacedClock(time.Now(), 200) })
	tr.upload()
	text, err := json.Marshal(tr.input(map[string]any{"dryRun": true}))
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(tr.account.config("operator"))
	key, body := "updates/two-regions.json", string(text)
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &tr.env.DataBucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	started := func() int { return len(tr.account.Executions()) }
	for wait := time.Now().Add(20 * time.Second); started() == 0 && time.Now().Before(wait); {
		time.Sleep(10 * time.Millisecond)
	}
	copied, source := "updates/copy.json", tr.env.DataBucket+"/updates/two-regions.json"
	if _, err := client.CopyObject(context.Background(), &s3.CopyObjectInput{Bucket: &tr.env.DataBucket, Key: &copied, CopySource: &source}); err != nil {
		t.Fatal(err)
	}
	tr.account.deliveries.Wait()
	if started() != 1 {
		t.Fatalf("%d executions, want 1", started())
	}
	if r := tr.account.Executions()[0].Wait(); r.Status != asl.Succeeded {
		t.Errorf("%s %s: %s", r.Status, r.Error, r.Cause)
	}
}

// TestABadUploadIsAnswered: nothing starts, and whoever is notified learns what is wrong with the file.
func TestABadUploadIsAnswered(t *testing.T) {
	tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, asl.RealClock{} })
	client := s3.NewFromConfig(tr.account.config("operator"))
	key := "updates/typo.json"
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &tr.env.DataBucket, Key: &key, Body: strings.NewReader(`{"regoins":[]}`)}); err != nil {
		t.Fatal(err)
	}
	for wait := time.Now().Add(20 * time.Second); len(tr.account.Messages()) == 0 && time.Now().Before(wait); {
		time.Sleep(10 * time.Millisecond)
	}
	tr.account.deliveries.Wait()
	messages := tr.account.Messages()
	if len(messages) == 0 || !strings.Contains(messages[0].Text, "regoins") || !strings.Contains(messages[0].Text, key) {
		t.Errorf("messages = %+v", messages)
	}
	if n := len(tr.account.Executions()); n != 0 {
		t.Errorf("%d executions", n)
	}
}
