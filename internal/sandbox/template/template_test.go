package template

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

var options = Options{Account: "111122223333", Region: "us-east-1", Stack: "stack", Parameters: map[string]string{"Suffix": "x"},
	Name: func(kind, id string) string { return "made-" + strings.ToLower(id) }}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func small(t *testing.T) *Template {
	t.Helper()
	loaded, err := Load(read(t, "testdata/small.template.json"), options)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestLoad(t *testing.T) {
	t.Parallel()
	one := 1
	const (
		function = "arn:aws:lambda:us-east-1:111122223333:function:worker"
		queue    = "arn:aws:sqs:us-east-1:111122223333:made-dead"
		topic    = "arn:aws:sns:us-east-1:111122223333:tell"
		machine  = "arn:aws:states:us-east-1:111122223333:stateMachine:work"
	)
	want := &Template{
		Functions: []Function{
			{ID: "Function", Name: "worker", ARN: function, Role: "worker", MemoryMB: 512, Timeout: time.Minute, Architecture: "arm64", Reserved: &one, InVPC: true,
				Variables:    map[string]string{"BUCKET": "store-111122223333-x", "COUNT": "3", "STRICT": "true", "REGION": "us-east-1-x", "NAME": "made-function2"},
				Aliases:      []string{"live"},
				Asynchronous: map[string]Asynchronous{"live": {time.Hour, 2, queue}}},
			{ID: "Function2", Name: "made-function2", ARN: "arn:aws:lambda:us-east-1:111122223333:function:made-function2", Role: "worker", MemoryMB: 128,
				Timeout: 3 * time.Second, Architecture: "x86_64", Variables: map[string]string{}, Asynchronous: map[string]Asynchronous{}},
		},
		Machines: []Machine{{ID: "Machine", Name: "work", ARN: machine, Role: "worker", Substitutions: map[string]string{"Work": function + ":live"},
			Definition: []byte(`{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"` + function + `:live","End":true}}}`)}},
		Roles:           []Role{{ID: "Idle", Name: "idle", ARN: "arn:aws:iam::111122223333:role/idle"}, {ID: "Role", Name: "worker", ARN: "arn:aws:iam::111122223333:role/worker"}},
		ManagedPolicies: []ManagedPolicy{{ID: "ForIdle", Name: "made-foridle", ARN: "arn:aws:iam::111122223333:policy/made-foridle"}, {ID: "Shared", Name: "shared", ARN: "arn:aws:iam::111122223333:policy/shared"}},
		Rules: []Rule{
			{ID: "Nightly", Name: "made-nightly", ARN: "arn:aws:events:us-east-1:111122223333:rule/made-nightly", Schedule: "rate(1 day)", Targets: []Target{{ID: "t", ARN: topic}}},
			{ID: "Upload", Name: "upload", ARN: "arn:aws:events:us-east-1:111122223333:rule/upload", Enabled: true,
				Pattern: json.RawMessage(`{"detail":{"bucket":{"name":["store-111122223333-x"]},"object":{"key":[{"wildcard":"updates/*.json"}],"size":[{"numeric":["\u003e",0]}]}},"source":["aws.s3"]}`),
				Targets: []Target{{ID: "function", ARN: function + ":live", DeadLetters: queue, MaxAge: 60, MaxRetries: 185}, {ID: "topic", ARN: topic}}},
		},
		Buckets: []Bucket{{ID: "Store", Name: "store-111122223333-x", ARN: "arn:aws:s3:::store-111122223333-x", Versioned: true}},
		Topics:  []Topic{{ID: "Topic", Name: "tell", ARN: topic}},
		Queues:  []Queue{{ID: "Dead", Name: "made-dead", ARN: queue, URL: "https://sqs.us-east-1.amazonaws.com/111122223333/made-dead"}},
		Alarms: []Alarm{{ID: "Errors", Name: "errors", ARN: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors", Actions: []string{topic}, Namespace: "AWS/Lambda",
			Metric: "Errors", Dimensions: map[string]string{"FunctionName": "worker"}, Statistic: "Sum", Period: 5 * time.Minute, Periods: 1, Threshold: 0.5,
			Comparison: "GreaterThanThreshold", Missing: "notBreaching"}},
		Parameters: map[string]string{"/ops/machine": machine},
		Outputs:    map[string]string{"Bucket": "store-111122223333-x", "Url": "made-dead"},
	}
	policies := cmp.FilterValues(func(a, b any) bool { return true }, cmp.Ignore())
	diff := cmp.Diff(want, small(t), cmpopts.IgnoreUnexported(Target{}, ManagedPolicy{}),
		cmp.FilterPath(func(p cmp.Path) bool {
			name := p.Last().String()
			return name == ".Policies" || name == ".Policy" || name == ".Trust"
		}, policies))
	if diff != "" {
		t.Error(diff)
	}
}

func TestPoliciesAreAttached(t *testing.T) {
	t.Parallel()
	loaded := small(t)
	for role, want := range map[string][]string{"worker": {"worker/calls/Read", "worker/inline/Publish", "worker/shared/Log"}, "idle": {"idle/made-foridle/Rest"}} {
		attached, _ := loaded.Role(role)
		var names []string
		for _, ref := range attached.Policies.Refs() {
			names = append(names, ref.String())
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Error(diff)
		}
	}
	role, _ := loaded.Role("worker")
	if got := loaded.ManagedPolicies[1].Policy.Name; got != "shared" {
		t.Errorf("the managed policy is %s", got)
	}
	// ${!aws:PrincipalAccount} of Fn::Sub is left to IAM.
	get := iam.Request{Principal: role.ARN, Action: "s3:GetObject", Resource: "arn:aws:s3:::store-111122223333-x/512/111122223333-a"}
	publish := iam.Request{Principal: role.ARN, Action: "sns:Publish", Resource: loaded.Topics[0].ARN}
	for _, q := range []iam.Request{get, publish} {
		if d := role.Policies.Decide(q); !d.Allowed {
			t.Error(d.Message())
		}
	}
	old := get.With("s3:TlsVersion", "1.1")
	if p := loaded.PoliciesAt("arn:aws:s3:::store-111122223333-xy/k"); p != nil {
		t.Errorf("another bucket has policies: %v", p.Refs())
	}
	for resource, denied := range map[string]bool{get.Resource: true, "arn:aws:s3:::store-111122223333-x": true, "arn:aws:s3:::other": false} {
		old.Resource = resource
		if d := loaded.PoliciesAt(resource).Decide(old); (d.By != iam.Ref{}) != denied {
			t.Errorf("old TLS at %s: %s", resource, d.Message())
		}
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	loaded := small(t)
	upload, function, topic, queue := loaded.Rules[1], loaded.Functions[0], loaded.Topics[0], loaded.Queues[0]
	tests := []struct {
		name, service, source, target string
		allowed                       bool
	}{
		{"the rule invokes the alias", "events.amazonaws.com", upload.ARN, function.ARN + ":live", true},
		{"the function itself is not the alias", "events.amazonaws.com", upload.ARN, function.ARN, false},
		{"another rule", "events.amazonaws.com", loaded.Rules[0].ARN, function.ARN + ":live", false},
		{"another function", "events.amazonaws.com", upload.ARN, loaded.Functions[1].ARN, false},
		{"the rule of another account", "events.amazonaws.com", strings.Replace(upload.ARN, "1111", "4444", 1), function.ARN + ":live", false},
		{"a topic's condition refuses every rule", "events.amazonaws.com", upload.ARN, topic.ARN, false},
		{"an alarm does not", "cloudwatch.amazonaws.com", loaded.Alarms[0].ARN, topic.ARN, false},
		{"the rule's dead letters", "events.amazonaws.com", upload.ARN, queue.ARN, true},
		{"another rule's dead letters", "events.amazonaws.com", loaded.Rules[0].ARN, queue.ARN, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := Delivery(tt.service, tt.source, tt.target)
			if err != nil {
				t.Fatal(err)
			}
			if d := loaded.PoliciesAt(tt.target).Decide(q); d.Allowed != tt.allowed {
				t.Error(d.Message())
			}
		})
	}
	for _, target := range []string{"arn:aws:kinesis:us-east-1:1:stream/s", "worker"} {
		if q, err := Delivery("events.amazonaws.com", upload.ARN, target); err == nil {
			t.Errorf("sending to %s needs %v", target, q)
		}
	}
}

// TestAPermissionThatNamesTheAccountRefusesRules: EventBridge does not say whose rule invokes.
func TestAPermissionThatNamesTheAccountRefusesRules(t *testing.T) {
	t.Parallel()
	const by = `"Principal": "events.amazonaws.com", `
	text := string(read(t, "testdata/small.template.json"))
	if !strings.Contains(text, by) {
		t.Fatalf("the template has no %s", by)
	}
	loaded, err := Load([]byte(strings.Replace(text, by, by+`"SourceAccount": {"Ref": "AWS::AccountId"}, `, 1)), options)
	if err != nil {
		t.Fatal(err)
	}
	target := loaded.Functions[0].ARN + ":live"
	q, err := Delivery("events.amazonaws.com", loaded.Rules[1].ARN, target)
	if err != nil {
		t.Fatal(err)
	}
	if d := loaded.PoliciesAt(target).Decide(q); d.Allowed {
		t.Errorf("allowed by %s", d.By)
	}
}
