package sandbox

import (
	"encoding/json"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// eachEventIsDelivered is how often the bus delivers an event: at least once, as EventBridge promises, and here always twice.
const eachEventIsDelivered = 2

// objectCreated sends S3's "Object Created" event to the function that starts updates, as the environment's rule does:
// for uploads of updates/<name>.json to its data bucket. Copies do not match.
func (a *Account) objectCreated(e objectstore.Event) {
	for _, env := range a.Environments {
		f, ok := a.functions[env.Prefix()+"start-update"]
		uploaded := e.Reason == "PutObject" || e.Reason == "CompleteMultipartUpload"
		if !ok || a.options.Bubble || !uploaded || e.Bucket != env.DataBucket || !strings.HasPrefix(e.Key, "updates/") || !strings.HasSuffix(e.Key, ".json") {
			continue
		}
		event, err := json.Marshal(a.event(e))
		if err != nil {
			a.log.Error("event", "error", err)
			return
		}
		for range eachEventIsDelivered {
			a.deliveries.Add(1)
			go func() {
				defer a.deliveries.Done()
				if _, err := a.invoke(f, event); err != nil {
					a.log.Error("start-update failed", "error", err)
				}
			}()
		}
	}
}

func (a *Account) event(e objectstore.Event) object {
	detail := object{"key": e.Key, "size": e.Size, "etag": e.ETag, "sequencer": "0062E99A88DC407460"}
	if e.VersionID != "" {
		detail["version-id"] = e.VersionID
	}
	return object{
		"version": "0", "id": "00000000-0000-4000-8000-000000000000", "detail-type": "Object Created", "source": "aws.s3",
		"account": AccountID, "time": a.Now().UTC().Format("2006-01-02T15:04:05Z"), "region": AWSRegion, "resources": []string{"arn:aws:s3:::" + e.Bucket},
		"detail": object{"version": "0", "bucket": object{"name": e.Bucket}, "object": detail, "request-id": "SANDBOX",
			"requester": AccountID, "source-ip-address": "127.0.0.1", "reason": e.Reason},
	}
}
