package sandbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
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
	tr.account.bus.deliveries.Wait()
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
	tr.account.bus.deliveries.Wait()
	messages := tr.account.Messages()
	if len(messages) == 0 || !strings.Contains(messages[0].Text, "regoins") || !strings.Contains(messages[0].Text, key) {
		t.Errorf("messages = %+v", messages)
	}
	if n := len(tr.account.Executions()); n != 0 {
		t.Errorf("%d executions", n)
	}
}

// TestAFailedEventIsKept: an event is tried three times, delivered twice, and then lies in the queue that an alarm watches.
func TestAFailedEventIsKept(t *testing.T) {
	tr := unreadable(t, func(*Options) {})
	letters := tr.account.DeadLetters()
	if len(letters) != eachEventIsDelivered {
		t.Fatalf("%d dead letters, want %d", len(letters), eachEventIsDelivered)
	}
	for _, l := range letters {
		if !strings.HasSuffix(l.Queue, ":dbops-staging-dead-letters") || !strings.Contains(l.Event, "updates/x.json") {
			t.Errorf("%+v", l)
		}
	}
}

// TestSchedulesFire: the lock is looked at every quarter of an hour, by the function that the template's rule names.
func TestSchedulesFire(t *testing.T) {
	seen := make(chan string, 100)
	newTrial(t, func(o *Options) {
		o.Bubble, o.Clock = false, NewPacedClock(time.Now(), 2000)
		o.Log = slog.New(heard{slog.DiscardHandler, seen})
	})
	for _, want := range []string{"dbops-staging-watch-lock", "dbops-production-watch-lock"} {
		for timeout := time.After(30 * time.Second); ; {
			select {
			case name := <-seen:
				if name != want {
					continue
				}
			case <-timeout:
				t.Errorf("%s was not called", want)
			}
			break
		}
	}
}

// heard tells which functions are invoked.
type heard struct {
	slog.Handler
	seen chan<- string
}

func (h heard) Enabled(context.Context, slog.Level) bool { return true }

func (h heard) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "function" {
			select {
			case h.seen <- a.Value.String():
			default:
			}
		}
	}
	return h
}

func TestRate(t *testing.T) {
	for text, want := range map[string]time.Duration{"rate(15 minutes)": 15 * time.Minute, "rate(1 hour)": time.Hour, "rate(2 days)": 48 * time.Hour, "rate(0 minutes)": 0, "cron(0 * * * ? *)": 0, "rate(5 minutes": 0} {
		if got, err := rate(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("rate(%q) = %s, %v", text, got, err)
		}
	}
}

// TestEndsReachAnOperator: how a run ended is told on the topic that says how urgent it is.
func TestEndsReachAnOperator(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tr   func() *trial
		want string // topic
	}{
		{"clean", func() *trial {
			tr, _ := courseNamed(t, "update whose backup fails").start(t, nil)
			return tr
		}, "dbops-staging-notifications"},
		{"aborted", func() *trial { return stopped(t, func(*Options) {}) }, "dbops-staging-pages"},
		{"succeeded", func() *trial {
			tr, _ := courseNamed(t, "restart").start(t, nil)
			return tr
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tt.tr()
			var topics []string
			for _, m := range tr.account.Messages() {
				if topic := m.Topic[strings.LastIndex(m.Topic, ":")+1:]; !slices.Contains(topics, topic) {
					topics = append(topics, topic)
				}
				if run := tr.account.Executions()[0].Name; !strings.Contains(m.Text, run) {
					t.Errorf("the message does not name run %s: %s", run, m.Text)
				}
			}
			if strings.Join(topics, " ") != tt.want {
				t.Errorf("told on %q, want %q", topics, tt.want)
			}
		})
	}
}
