package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

const (
	number = "111122223333"
	assets = "cdk-hnb659fds-assets-111122223333-us-east-1"
	data   = "districtbuilder-staging-data"
)

// world is an account on the wire: the sandbox's fleet, and around it what the sandbox does not have. What a test takes
// away from it is missing.
type world struct {
	fleet       http.Handler
	account     string
	bootstrap   string            // version; empty: none
	buckets     map[string]string // name to region
	encrypts    map[string]string // bucket to a key, managed or none; empty: S3's own key
	keys        map[string]key    // by ARN, ID and alias
	events      bool
	groupless   bool // the target group is gone
	deployed    bool
	running     []string // executions of update-regions
	unconfirmed []string // who is to be paged
	logGroups   []string
	secrets     map[string]secret // by ARN
	concurrency int
	net         vpcs
	rds         instances

	denied  string            // permission
	broken  string            // permission of a call that the service fails
	answers map[string]string // other JSON answers, by permission

	mu   sync.Mutex
	seen map[string]bool // permissions of the calls made
}

type secret struct {
	Key     string  `json:"KmsKeyId,omitempty"`
	Deleted float64 `json:"DeletedDate,omitempty"`
}

type key struct {
	ARN     string `json:"Arn"`
	Manager string `json:"KeyManager"`
	State   string `json:"KeyState"`
}

// What a bucket's encryption can be but a key: AWS's managed one, which is not named, or no configuration.
const managed, none = "managed", "none"

// simulatedFleet is that of both environments, without faults and without tasks on Fargate.
func simulatedFleet(change func(*fleetsim.Config)) http.Handler {
	begin := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var worlds []*fleetsim.World
	for _, environment := range []string{"Staging", "Production"} {
		config := fleetsim.Config{Environment: environment, Account: number, Now: func() time.Time { return begin }, Faults: &fleetsim.Faults{}, NoFargate: true}
		if change != nil {
			change(&config)
		}
		worlds = append(worlds, fleetsim.New(config))
	}
	return fleetsim.Mux(worlds...)
}

// newWorld has everything that the example settings name, and an endpoint for Secrets Manager.
func newWorld() *world {
	w := &world{
		fleet: simulatedFleet(nil), account: number, bootstrap: "21", events: true, concurrency: 1000,
		buckets:   map[string]string{assets: "us-east-1", data: "us-east-1", "districtbuilder-production-data": "us-east-1"},
		encrypts:  map[string]string{},
		keys:      map[string]key{},
		logGroups: []string{"logStagingApp", "logProductionApp"},
		secrets:   map[string]secret{},
		net:       newVPCs(), rds: newInstances(),
		answers: map[string]string{}, seen: map[string]bool{},
	}
	for _, name := range []string{"staging/find-regions", "staging/bump-versions", "staging/set-region-uri", "production/find-regions", "production/bump-versions"} {
		w.secrets[secretNamed(name)] = secret{}
	}
	for name, k := range map[string]key{"alias/data": {keyARN, "CUSTOMER", "Enabled"}, "other": {otherKeyARN, "CUSTOMER", "Enabled"},
		"alias/aws/s3": {awsKeyARN, "AWS", "Enabled"}} {
		w.keys[name], w.keys[k.ARN] = k, k
	}
	return w
}

// Keys: those of the account, and the one that AWS manages for S3 in it.
const (
	keyARN      = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
	otherKeyARN = "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555"
	awsKeyARN   = "arn:aws:kms:us-east-1:111122223333:key/00000000-2222-3333-4444-555555555555"
)

// keyState changes the state of the key with an ARN.
func (w *world) keyState(arn, state string) {
	for name, k := range w.keys {
		if k.ARN == arn {
			k.State = state
			w.keys[name] = k
		}
	}
}

func secretNamed(name string) string {
	return "arn:aws:secretsmanager:us-east-1:" + number + ":secret:dbops/" + name + "-AbCdEf"
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_, service := iam.Signer(r)
	call, err := awswire.Parse(r)
	needs := ""
	switch {
	case service == "s3" && r.Method == http.MethodHead:
		needs = "s3:ListBucket"
	case service == "s3" && r.URL.Query().Has("notification"):
		needs = "s3:GetBucketNotification"
	case service == "s3" && r.URL.Query().Has("encryption"):
		needs = "s3:GetEncryptionConfiguration"
	case service == "lambda" && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/account-settings"):
		needs = "lambda:GetAccountSettings"
	case err == nil:
		needs = service + ":" + call.Action
	default:
		http.Error(rw, "this account does not know the call", http.StatusNotImplemented)
		return
	}
	w.mu.Lock()
	w.seen[needs] = true
	w.mu.Unlock()
	switch {
	case w.denied == needs:
		refuse(rw, r, service)
	case w.broken == needs:
		http.Error(rw, "", http.StatusInternalServerError)
	case w.answers[needs] != "":
		fmt.Fprint(rw, w.answers[needs])
	default:
		w.serve(rw, r, needs, call)
	}
}

// refuse answers as the services do, each with its own code and form.
func refuse(rw http.ResponseWriter, r *http.Request, service string) {
	switch service {
	case "ec2":
		failEC2(rw, http.StatusForbidden, "UnauthorizedOperation")
	case "ssm", "kms":
		failJSON(rw, "AccessDeniedException")
	default:
		iam.Refuse(rw, r, "id", "not permitted")
	}
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request, needs string, call *awswire.Call) {
	switch needs {
	case "sts:GetCallerIdentity":
		reply(rw, call.Action, "<Account>"+w.account+"</Account>")
	case "ssm:GetParameter":
		if w.bootstrap == "" || value(r, "Name") != "/cdk-bootstrap/hnb659fds/version" {
			failJSON(rw, "ParameterNotFound")
			return
		}
		fmt.Fprintf(rw, `{"Parameter":{"Value":%q}}`, w.bootstrap)
	case "s3:ListBucket", "s3:GetBucketNotification", "s3:GetEncryptionConfiguration":
		w.bucket(rw, r)
	case "kms:DescribeKey":
		k, there := w.keys[value(r, "KeyId")]
		if !there {
			failJSON(rw, "NotFoundException")
			return
		}
		_ = json.NewEncoder(rw).Encode(map[string]any{"KeyMetadata": k})
	case "states:ListExecutions":
		w.executions(rw, r)
	case "sns:ListSubscriptionsByTopic":
		w.subscriptions(rw, r)
	case "lambda:GetAccountSettings":
		fmt.Fprintf(rw, `{"AccountLimit":{"UnreservedConcurrentExecutions":%d}}`, w.concurrency)
	case "secretsmanager:DescribeSecret":
		s, there := w.secrets[value(r, "SecretId")]
		if !there {
			failJSON(rw, "ResourceNotFoundException")
			return
		}
		_ = json.NewEncoder(rw).Encode(s)
	case "logs:DescribeLogGroups":
		var found []map[string]string
		for _, g := range w.logGroups {
			if strings.HasPrefix(g, value(r, "logGroupNamePrefix")) {
				found = append(found, map[string]string{"logGroupName": g})
			}
		}
		_ = json.NewEncoder(rw).Encode(map[string]any{"logGroups": found})
	case "elasticloadbalancing:DescribeTargetHealth":
		if w.groupless {
			failQuery(rw, "TargetGroupNotFound")
			return
		}
		w.fleet.ServeHTTP(rw, r)
	default:
		switch service, _, _ := strings.Cut(needs, ":"); service {
		case "ec2":
			w.net.serve(rw, r, call.Action)
		case "rds":
			w.rds.serve(rw, r, call.Action)
		default:
			w.fleet.ServeHTTP(rw, r)
		}
	}
}

func (w *world) executions(rw http.ResponseWriter, r *http.Request) {
	var in struct{ StateMachineArn, StatusFilter string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	if !w.deployed {
		failJSON(rw, "StateMachineDoesNotExist")
		return
	}
	found := []map[string]any{}
	for _, name := range w.running {
		if in.StatusFilter == "RUNNING" && in.StateMachineArn == "arn:aws:states:us-east-1:"+number+":stateMachine:dbops-staging-update-regions" {
			found = append(found, map[string]any{"name": name, "executionArn": "arn:" + name, "stateMachineArn": in.StateMachineArn, "startDate": 1, "status": "RUNNING"})
		}
	}
	_ = json.NewEncoder(rw).Encode(map[string]any{"executions": found})
}

func (w *world) subscriptions(rw http.ResponseWriter, r *http.Request) {
	topic := form(r).Get("TopicArn")
	if !w.deployed {
		failQuery(rw, "NotFound")
		return
	}
	members := "<member><SubscriptionArn>" + topic + ":1</SubscriptionArn><Endpoint>a@example.org</Endpoint></member>"
	for _, endpoint := range w.unconfirmed {
		if strings.HasSuffix(topic, ":dbops-staging-pages") {
			members += "<member><SubscriptionArn>PendingConfirmation</SubscriptionArn><Endpoint>" + endpoint + "</Endpoint></member>"
		}
	}
	reply(rw, "ListSubscriptionsByTopic", "<Subscriptions>"+members+"</Subscriptions>")
}

func (w *world) bucket(rw http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	region, there := w.buckets[name]
	code := ""
	switch {
	case !there:
		rw.WriteHeader(http.StatusNotFound)
		code = "NoSuchBucket"
	case region != "us-east-1":
		rw.Header().Set("X-Amz-Bucket-Region", region)
		rw.WriteHeader(http.StatusMovedPermanently)
		code = "PermanentRedirect"
	}
	switch {
	case r.Method == http.MethodHead:
	case code != "":
		fmt.Fprintf(rw, "%s<Error><Code>%s</Code><Message>refused</Message></Error>", xml.Header, code)
	case r.URL.Query().Has("encryption"):
		w.encryption(rw, w.encrypts[name])
	default:
		inner := ""
		if w.events {
			inner = "<EventBridgeConfiguration></EventBridgeConfiguration>"
		}
		fmt.Fprintf(rw, "%s<NotificationConfiguration>%s</NotificationConfiguration>", xml.Header, inner)
	}
}

// encryption answers as S3 does, which gives every bucket a default encryption since 2023.
func (w *world) encryption(rw http.ResponseWriter, key string) {
	inner := "<SSEAlgorithm>aws:kms</SSEAlgorithm>"
	switch key {
	case none:
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(rw, "%s<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code><Message>none</Message></Error>", xml.Header)
		return
	case "":
		inner = "<SSEAlgorithm>AES256</SSEAlgorithm>"
	case managed:
	default:
		inner += "<KMSMasterKeyID>" + key + "</KMSMasterKeyID>"
	}
	fmt.Fprintf(rw, "%s<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>%s</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
		xml.Header, inner)
}

// value is a text of a JSON request.
func value(r *http.Request, name string) string {
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return ""
	}
	text, _ := in[name].(string)
	return text
}

// reply answers in the Query protocol.
func reply(rw http.ResponseWriter, action, result string) {
	rw.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(rw, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, result)
}

func failQuery(rw http.ResponseWriter, code string) {
	rw.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(rw, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>refused</Message></Error></ErrorResponse>", code)
}

func failJSON(rw http.ResponseWriter, code string) {
	rw.Header().Set("X-Amzn-ErrorType", code)
	rw.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(rw, `{"message":"refused"}`)
}
