package sandbox

import (
	"encoding/json"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/eventpattern"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
)

// eachEventIsDelivered is how often the bus delivers an event: at least once, as EventBridge promises, and here always twice.
const eachEventIsDelivered = 2

// objectCreated sends S3's "Object Created" event to the targets of every rule whose pattern it fits.
func (a *Account) objectCreated(e objectstore.Event) {
	if a.options.Bubble {
		return // deliveries take their own time, which a bubble does not know of
	}
	event, err := json.Marshal(a.event(e))
	if err != nil {
		a.log.Error("event", "error", err)
		return
	}
	for _, env := range a.Environments {
		for _, rule := range env.template.Rules {
			if rule.Schedule != "" {
				continue // its time comes by the clock
			}
			if fits, err := eventpattern.Match(rule.Pattern, event); err != nil {
				a.log.Error("event pattern", "rule", rule.Name, "error", err)
			} else if fits {
				a.deliver(rule, event)
			}
		}
	}
}

func (a *Account) deliver(rule template.Rule, event []byte) {
	for _, target := range rule.Targets {
		f, ok := a.functionNamed(target.ARN)
		if !ok {
			a.log.Error("a rule's target is no function", "rule", rule.Name, "target", target.ARN)
			continue
		}
		for range eachEventIsDelivered {
			a.deliveries.Add(1)
			go func() {
				defer a.deliveries.Done()
				if _, err := a.invoke(f, event); err != nil {
					a.log.Error("delivery failed", "rule", rule.Name, "error", err)
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
