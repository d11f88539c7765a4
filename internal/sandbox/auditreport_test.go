package sandbox

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/journal"
)

// copyNew puts some of the new data's files over the live ones.
func (tr *trial) copyNew(u Update, names ...string) {
	tr.t.Helper()
	for _, name := range names {
		key, source := u.URI.File(name), u.Source.Bucket+"/"+url.PathEscape(u.Source.File(name))
		if _, err := tr.account.S3().CopyObject(tr.t.Context(), &s3.CopyObjectInput{Bucket: &u.URI.Bucket, Key: &key, CopySource: &source}); err != nil {
			tr.t.Fatal(err)
		}
	}
}

func (tr *trial) put(bucket, key, body string) {
	tr.t.Helper()
	if _, err := tr.account.S3().PutObject(tr.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		tr.t.Fatal(err)
	}
}

func TestTheReportCountsWhatIsAsItShouldBe(t *testing.T) {
	tr := newTrial(t, func(o *Options) { o.Bubble = false })
	tr.upload()
	var err error
	if tr.audit, err = tr.account.NewAudit(t.Context(), tr.env, tr.updates...); err != nil {
		t.Fatal(err)
	}
	u := tr.updates[0]
	before, wanted := tr.audit.live[u.URI], tr.audit.wanted[u.URI]
	var common, differ, removed []string // of the new data's files, and those of the old that it no longer has
	for name, object := range wanted {
		if before[name] == object {
			common = append(common, name)
		} else {
			differ = append(differ, name)
		}
	}
	for name := range before {
		if _, kept := wanted[name]; !kept {
			removed = append(removed, name)
		}
	}
	if len(common) == 0 || len(differ) < 2 || len(removed) == 0 {
		t.Fatalf("%d files the same, %d differ, %d removed: the data shows nothing", len(common), len(differ), len(removed))
	}
	all := len(wanted) + len(removed)
	steps := []struct {
		name           string
		do             func()
		data, compared string
	}{
		{"untouched", func() {}, "as before", fmt.Sprintf("%d of %[1]d", len(before))},
		{"one file of the new data", func() { tr.copyNew(u, differ[0]) }, "MIXED",
			fmt.Sprintf("%d of %d new, %d of %d as before", len(common)+1, all, len(before)-1, len(before))},
		{"all files of the new data, and one that it no longer has", func() { tr.copyNew(u, differ[1:]...) }, "MIXED",
			fmt.Sprintf("%d of %d new, %d of %d as before", len(wanted), all, len(common)+len(removed), all)},
		{"the new data alone", func() {
			for _, name := range removed {
				key := u.URI.File(name)
				if _, err := tr.account.S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &u.URI.Bucket, Key: &key}); err != nil {
					t.Fatal(err)
				}
			}
		}, "new", fmt.Sprintf("%d of %[1]d", len(wanted))},
		{"a file that nobody wanted", func() { tr.put(u.URI.Bucket, u.URI.File("stray.txt"), "?") }, "MIXED",
			fmt.Sprintf("%d of %d new, %d of %d as before", len(wanted), len(wanted)+1, len(common), all+1)},
	}
	for _, s := range steps {
		s.do()
		reports, err := tr.audit.Regions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			want := RegionReport{Data: "untouched"}
			switch r.Name {
			case tr.regions[0].Name:
				want = RegionReport{Data: s.data, Compared: s.compared}
			case tr.regions[1].Name:
				want = RegionReport{Data: "as before", Compared: fmt.Sprintf("%d of %[1]d", len(tr.audit.live[tr.updates[1].URI]))}
			}
			if r.Data != want.Data || r.Compared != want.Compared {
				t.Errorf("%s: %s is %q, %q; want %q, %q", s.name, r.Name, r.Data, r.Compared, want.Data, want.Compared)
			}
		}
	}
}

func TestTheReportLooksAtFenceProtectionAndLock(t *testing.T) {
	lock := journal.AcquireLockInput{Owner: "arn:aws:states:us-east-1:111122223333:execution:dbops-staging-update-regions:someone", Run: "someone", Reason: "to see it"}
	tests := []struct {
		name string
		do   func(ctx context.Context, tr *trial) error
		want string
	}{
		{"nothing", func(context.Context, *trial) error { return nil }, "as before"},
		{"a held lock", func(ctx context.Context, tr *trial) error {
			store := journal.New(tr.account.S3(), tr.env.StateBucket, tr.account.Now)
			_, err := journal.AcquireLock{Store: store, Environment: "Staging"}.Run(ctx, lock)
			return err
		}, "NOT as before: the lock is held by run someone (" + lock.Owner + ")"},
		{"a fence", func(ctx context.Context, tr *trial) error {
			_, err := autoscaling.NewFromConfig(tr.account.config("operator")).SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{
				AutoScalingGroupName: &tr.env.Fleet.Names.Group, ScalingProcesses: []string{"AlarmNotification"}})
			return err
		}, "NOT as before: the group is fenced: true, before false"},
		{"a protected task", func(ctx context.Context, tr *trial) error {
			_, err := ecs.NewFromConfig(tr.account.config("operator")).UpdateTaskProtection(ctx, &ecs.UpdateTaskProtectionInput{
				Cluster: &tr.env.Fleet.Names.Cluster, Tasks: tr.audit.OldTasks()[:1], ProtectionEnabled: true, ExpiresInMinutes: aws.Int32(60)})
			return err
		}, "NOT as before: task "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrial(t, func(o *Options) { o.Bubble, o.Clock = false, NewPacedClock(time.Now(), 200) })
			var err error
			if tr.audit, err = tr.account.NewAudit(t.Context(), tr.env); err != nil {
				t.Fatal(err)
			}
			if err := tt.do(t.Context(), tr); err != nil {
				t.Fatal(err)
			}
			r, err := tr.audit.Fleet(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if r.Rest != tt.want && !(strings.HasSuffix(tt.want, " ") && strings.HasPrefix(r.Rest, tt.want)) {
				t.Errorf("rest = %q, want %q", r.Rest, tt.want)
			}
		})
	}
}
