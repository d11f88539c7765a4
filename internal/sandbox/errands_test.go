package sandbox

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// errand is something that the functions do; together they do all that their roles permit.
type errand struct {
	name string
	run  func(t *testing.T, change func(*Options)) *trial
}

func errands() (all []errand) {
	for _, c := range courses {
		all = append(all, errand{c.name, func(t *testing.T, change func(*Options)) *trial {
			tr, _ := c.with(change).start(t, nil)
			return tr
		}})
	}
	return append(all,
		errand{"objects in parts, and what an upload left", uploadsLeft},
		errand{"a lock whose owner has ended", takeOver},
		errand{"looks at the lock", watchLock},
		errand{"undoing what was never done", undoNothing},
		errand{"a step that is done again", doAgain},
		errand{"another URI for a region", anotherURI},
		errand{"uploads, good, bad and gone", uploaded},
		errand{"an upload that cannot be read", unreadable},
		errand{"a run that is stopped while another runs for it", stopped},
		errand{"every function is called", allCalled})
}

// awake is a trial in real time, whose functions are invoked directly.
func awake(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	return newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, asl.RealClock{} }, change)
}

// call invokes one of staging's functions; the errand goes on whatever it answers.
func (tr *trial) call(action, payload string) {
	tr.t.Helper()
	f, ok := tr.account.functionNamed(tr.env.Prefix() + action)
	if !ok {
		tr.t.Fatalf("no function %s", action)
	}
	answer, err := tr.account.invoke(f, []byte(payload))
	if err != nil {
		tr.failures = append(tr.failures, err.Error())
	}
	tr.t.Logf("%s: %s %v", action, answer, err)
}

// uploadsLeft: the regions have an object that was uploaded in parts, and calls that were cut off have left uploads at
// each place that a copy goes to.
func uploadsLeft(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	const name = "input.geojson"
	var tr *trial
	leave := func(p s3uri.Prefix) {
		key := p.File(name)
		if _, err := tr.account.S3().CreateMultipartUpload(context.Background(), &s3.CreateMultipartUploadInput{Bucket: &p.Bucket, Key: &key}); err != nil {
			t.Error(err)
		}
	}
	c := courseNamed(t, "update that tasks cannot load").with(change).with(func(o *Options) {
		before := o.Intercept
		o.Intercept = func(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
			place := map[string]s3uri.Prefix{"BackUpRegion": tr.regions[0].URI.Sibling("-backup-2026-11-22"), "OverwriteRegion": tr.regions[0].URI, "RestoreRegion": tr.regions[0].URI}
			if p, ok := place[task.State]; ok {
				tr.account.Outside(func() { leave(p) })
			}
			return before(ctx, task, perform)
		}
	})
	tr = c.prepare(t, nil)
	for _, p := range []s3uri.Prefix{tr.regions[0].URI, tr.updates[0].Source} {
		if err := inParts(tr.account.S3(), p.Bucket, p.File(name)); err != nil {
			t.Fatal(err)
		}
	}
	tr.run(c.machine, tr.input(nil))
	return tr
}

func anotherURI(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	tr.call("set-region-uri", fmt.Sprintf(`{"id":%q,"uri":%q}`, tr.regions[0].ID, tr.regions[0].URI))
	return tr
}

// inParts uploads an object of two parts.
func inParts(client *s3.Client, bucket, key string) error {
	ctx := context.Background()
	begun, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	for n, size := range []int{5 << 20, 100} {
		number := int32(n + 1)
		out, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: &number, Body: strings.NewReader(strings.Repeat("}", size))})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: &number})
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: begun.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	return err
}

func takeOver(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	e, err := tr.account.StartExecution("dbops-staging-restart-services", "ended", []byte(`{"no such field":1}`))
	if err != nil {
		t.Fatal(err)
	}
	e.Wait()
	tr.call("acquire-lock", fmt.Sprintf(`{"owner":%q,"run":"r1","reason":"test"}`, e.ARN))
	tr.call("survey-fleet", `{"run":"r1"}`)
	tr.call("acquire-lock", `{"owner":"somebody","run":"r2","reason":"test"}`)
	return tr
}

func watchLock(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	tr.call("watch-lock", `{}`)
	tr.call("acquire-lock", `{"owner":"somebody","run":"r1","reason":"test"}`)
	tr.call("watch-lock", `{}`)
	return tr
}

func undoNothing(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	for action, payload := range map[string]string{
		"fence-group": `"fenced":false`, "protect-tasks": `"all":true,"protected":false`, "scale-group": `"desired":2`, "scale-service": `"desired":2`,
		"restore-region": fmt.Sprintf(`"region":{"id":%q,"uri":%q},"backup":%q`, tr.regions[0].ID, tr.regions[0].URI, tr.regions[0].URI.Sibling("-backup-2026-11-22")),
	} {
		if action != "restore-region" {
			payload += `,"undo":true`
		}
		tr.call(action, `{"run":"nobody",`+payload+`}`)
	}
	return tr
}

func doAgain(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	tr.call("survey-fleet", `{"run":"r1"}`)
	tr.call("fence-group", `{"run":"r1","fenced":false,"undo":true}`)
	tr.call("survey-fleet", `{"run":"r1"}`)
	return tr
}

func uploaded(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	client := s3.NewFromConfig(tr.account.config("operator"))
	for name, text := range map[string]string{"good": `{"regions":[{"uri":"s3://nowhere/a/","source":"s3://nowhere/b/"}]}`, "bad": `{`} {
		key := "updates/" + name + ".json"
		if _, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &tr.env.UploadBucket, Key: &key, Body: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	tr.delivered()
	tr.call("start-update", fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Created","detail":{"reason":"PutObject","bucket":{"name":%q},"object":{"key":"updates/gone.json","etag":"0","size":3}}}`, tr.env.UploadBucket))
	return tr
}

// delivered waits for the events that are on their way; those that could not be delivered are failures.
func (tr *trial) delivered() {
	tr.account.bus.deliveries.Wait()
	for _, letter := range tr.account.DeadLetters() {
		tr.failures = append(tr.failures, letter.Why)
	}
}

// unreadable: S3 fails whenever the uploaded file is read, so that its event ends as a dead letter.
func unreadable(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	tr.account.SetHooks(objectstore.Hooks{Fault: func(op, _, key string) objectstore.Fault {
		if op == "GetObject" && strings.HasPrefix(key, "updates/") {
			return objectstore.Fault{Refuse: objectstore.SlowDown()}
		}
		return objectstore.Fault{}
	}})
	client := s3.NewFromConfig(tr.account.config("operator"))
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &tr.env.UploadBucket, Key: aws.String("updates/x.json"), Body: strings.NewReader(`{}`)}); err != nil {
		t.Fatal(err)
	}
	tr.delivered()
	return tr
}

// stopped: the execution that waits for a restart is aborted, and Step Functions aborts the restart.
func stopped(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	c := courseNamed(t, "update").with(change)
	tr := c.prepare(t, func(task asl.Task) failure { return plant("restart-services", "PollHealth", hangs)(task) })
	c.disturb = nil
	stop := tr.fail
	tr.fail = func(task asl.Task) failure {
		what := stop(task)
		if what == hangs {
			for _, e := range tr.account.Executions() {
				if strings.HasSuffix(e.Machine, "update-regions") {
					e.Stop("Stopped", "by an operator")
				}
			}
		}
		return what
	}
	tr.run(c.machine, tr.input(nil))
	return tr
}

// allCalled calls every function with nothing, which most refuse.
func allCalled(t *testing.T, change func(*Options)) *trial {
	t.Helper()
	tr := awake(t, change)
	for name := range tr.account.functions {
		if action, ours := strings.CutPrefix(name, tr.env.Prefix()); ours {
			tr.call(action, `{"no such field":1}`)
		}
	}
	return tr
}
