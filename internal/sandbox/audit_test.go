package sandbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// TestAuditNoticesABrokenPromise breaks each invariant behind the run's back: a check that cannot fail proves nothing.
func TestAuditNoticesABrokenPromise(t *testing.T) {
	tests := []struct {
		name, state, want string
		do                func(ctx context.Context, tr *trial) error
	}{
		{"live data lost before the backup", "AcquireLock", "1: ", func(ctx context.Context, tr *trial) error {
			key := tr.regions[0].URI.File("topo.json")
			_, err := tr.account.S3().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &tr.regions[0].URI.Bucket, Key: &key})
			return err
		}},
		{"an old task dies", "AcquireLock", "2: ", func(_ context.Context, tr *trial) error {
			return tr.env.Fleet.KillTask(tr.audit.OldTasks()[0], 1)
		}},
		{"s3_uri is written", "AcquireLock", "3: ", func(ctx context.Context, tr *trial) error {
			_, err := tr.env.DB.Exec(ctx, `UPDATE region_config SET s3_uri = s3_uri || 'other/' WHERE id = $1`, tr.regions[2].ID)
			return err
		}},
		{"production's rows change", "AcquireLock", "3: ", func(ctx context.Context, tr *trial) error {
			_, err := tr.account.Load(ctx, tr.account.Environments["Production"], Seed{Name: "Ohio", Code: "OH", Data: small(39)})
			return err
		}},
		{"a version is bumped too early", "AcquireLock", "4: ", func(ctx context.Context, tr *trial) error {
			_, err := tr.env.DB.Exec(ctx, `UPDATE region_config SET version = version + interval '1 day' WHERE id = $1`, tr.regions[0].ID)
			return err
		}},
		{"another region's version is bumped", "BumpVersions", "4: ", func(ctx context.Context, tr *trial) error {
			_, err := tr.env.DB.Exec(ctx, `UPDATE region_config SET version = version + interval '1 day' WHERE id = $1`, tr.regions[2].ID)
			return err
		}},
		{"a version is bumped twice", "ReleaseLock", "4: the version of Delaware was bumped more than once", func(ctx context.Context, tr *trial) error {
			_, err := tr.env.DB.Exec(ctx, `UPDATE region_config SET version = version + interval '1 day' WHERE id = $1`, tr.regions[0].ID)
			return err
		}},
		{"the lock is lost", "RestartServices", "5: there is no lock", func(ctx context.Context, tr *trial) error {
			return tr.forget(ctx, "lock.json")
		}},
		{"an entry of the journal is lost", "restart/ScaleService", "5: the service's desired count", func(ctx context.Context, tr *trial) error {
			return tr.forget(ctx, "/journal/scale-service.json")
		}},
		{"new data goes live without an entry", "BackUpRegion", "5: s3://", func(ctx context.Context, tr *trial) error {
			key := tr.regions[0].URI.File("more.json")
			_, err := tr.account.S3().PutObject(ctx, &s3.PutObjectInput{Bucket: &tr.regions[0].URI.Bucket, Key: &key})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tr *trial
			tr = newTrial(t, func(o *Options) {
				o.Intercept = func(_ context.Context, task asl.Task, perform func() (any, error)) (any, error) {
					state := task.State
					if strings.Contains(task.ExecutionID, "restart-services") {
						state = "restart/" + state
					}
					if state == tt.state {
						var err error
						tr.account.Outside(func() { err = tt.do(context.Background(), tr) })
						if err != nil {
							t.Error(err)
						}
					}
					return perform()
				}
			})
			tr.upload()
			tr.run("update-regions", tr.input(nil))
			for _, b := range tr.broken {
				if strings.Contains(b, ": "+tt.want) {
					return
				}
			}
			t.Errorf("the audit noticed nothing of %q in %q", tt.want, tr.broken)
		})
	}
}

// forget removes an object from the state bucket, by the end of its key.
func (tr *trial) forget(ctx context.Context, suffix string) error {
	kept, err := objects(ctx, tr.account.S3(), tr.env.StateBucket, "")
	if err != nil {
		return err
	}
	for key := range kept {
		if strings.HasSuffix(key, suffix) {
			_, err := tr.account.S3().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &tr.env.StateBucket, Key: &key})
			return err
		}
	}
	return fmt.Errorf("%s is not there", suffix)
}

// TestAuditNoticesAPayloadTooLarge: nothing but the audit says so, because Step Functions allows 256 KiB.
func TestAuditNoticesAPayloadTooLarge(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, func(o *Options) {
		o.Intercept = func(_ context.Context, task asl.Task, perform func() (any, error)) (any, error) {
			answer, err := perform()
			if whole, is := answer.(map[string]any); is && task.State == "CommitUpdate" {
				whole["Payload"] = strings.Repeat("x", 33<<10)
			}
			return answer, err
		}
	})
	tr.upload()
	tr.run("update-regions", tr.input(nil))
	if !slices.ContainsFunc(tr.broken, func(b string) bool { return strings.Contains(b, "7: ") }) {
		t.Errorf("the audit noticed nothing of a payload of 33 KiB: %q", tr.broken)
	}
}
