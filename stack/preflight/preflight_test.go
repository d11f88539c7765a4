package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

func TestNothingIsMissing(t *testing.T) {
	tests := []struct{ name, environment, setup string }{
		{"staging as shipped", "Staging", "secrets"},
		{"production as shipped", "Production", "secrets"},
		{"IAM authentication", "Staging", "tokens"},
		{"the other application's list", "Staging", "public list"},
		{"secrets by a NAT gateway", "Staging", "NAT"},
		{"a bucket with a key", "Staging", "keys"},
		{"buckets with AWS's managed key", "Production", "managed keys"},
		{"a bucket without a default encryption", "Staging", "no encryption"},
		{"the other database is in a peered VPC", "Staging", "peered"},
		{"a second deployment", "Staging", "deployed"},
	}
	all := setups()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			all[tt.setup].world(w)
			project(t, w, tt.environment, all[tt.setup].settings)
			ready, screen := look(t, strings.ToLower(tt.environment))
			lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			if want := "nothing is missing: make deploy ENV=" + strings.ToLower(tt.environment); !ready || lines[len(lines)-1] != want {
				t.Errorf("ready %t, want the last line %q:\n%s", ready, want, screen)
			}
			for _, l := range read(screen) {
				if l.mark != "ok" {
					t.Errorf("%s: %s: %s", l.mark, l.what, l.says)
				}
			}
			if len(lines) < 15 || len(lines) > 30 || slices.ContainsFunc(lines, func(l string) bool { return len(l) > 120 }) {
				t.Errorf("want one screen of at most 30 lines of 120 columns, got %d lines:\n%s", len(lines), screen)
			}
		})
	}
}

// set changes one setting.
func set(name string, value any) change { return func(e map[string]any) { e[name] = value } }

// dataKey names the key of staging's bucket.
func dataKey(arn string) change { return set("dataKeys", map[string]any{data: arn}) }

const (
	subnets = "subnets of the SQL functions"
	sg      = "security group " + application
	way     = "way to Secrets Manager"
	wayList = "way to other.regionsUrl"
	certs   = "certificates of RDS"
	theVPC  = "VPC " + vpc
	fargate = "Fargate service StagingApp"
	crypt   = "encryption of " + data
)

// faults are accounts that lack something. What the screen then shows, other than ok, is in shows: exactly that.
var faults = []struct {
	name, variant string
	settings      change
	world         func(*world)
	files         func(t *testing.T)
	shows         []string
	says          string
}{
	{name: "another account", variant: "secrets", world: func(w *world) { w.account = "999999999999" },
		shows: []string{"MISSING credentials of account " + number}, says: "the credentials are of account 999999999999; mend the setting account"},

	{name: "a run at work", variant: "secrets", world: func(w *world) { w.deployed, w.running = true, []string{"texas", "ohio"} },
		shows: []string{"MISSING runs in Staging"}, says: "at work: update-regions texas, update-regions ohio; a deployment would change its functions under it"},
	{name: "the bucket of a removed stack", variant: "secrets", world: func(w *world) { w.buckets["dbops-staging-state-"+number] = "us-east-1" },
		shows: []string{"MISSING state bucket"}, says: "dbops-staging-state-" + number + " is left of a stack that was removed"},
	{name: "subscriptions that nobody has confirmed", variant: "secrets", world: func(w *world) { w.deployed, w.unconfirmed = true, []string{"b@example.org"} },
		shows: []string{"warning subscriptions"}, says: "not confirmed, so not told of anything: b@example.org (pages)"},

	{name: "no bootstrap", variant: "secrets", world: func(w *world) { w.bootstrap = ""; delete(w.buckets, assets) },
		shows: []string{"MISSING CDK bootstrap hnb659fds", "MISSING CDK bootstrap's bucket"},
		says:  "there is none; run: make bootstrap ENV=staging"},
	{name: "an old bootstrap", variant: "secrets", world: func(w *world) { w.bootstrap = "5" },
		shows: []string{"MISSING CDK bootstrap hnb659fds"}, says: "version 5 is too old, the stack demands 6; run: make bootstrap"},
	{name: "a bootstrap of which nobody knows the version", variant: "secrets", world: func(w *world) { w.bootstrap = "new" },
		shows: []string{"MISSING CDK bootstrap hnb659fds"}, says: "version new is too old"},
	{name: "a bootstrap whose bucket was deleted", variant: "secrets", world: func(w *world) { delete(w.buckets, assets) },
		shows: []string{"MISSING CDK bootstrap's bucket"}, says: "there is no " + assets},

	{name: "another cluster", variant: "secrets", settings: set("cluster", "ecsOther"),
		shows: []string{"MISSING service StagingApp_EC2LaunchType", "unknown " + fargate, "unknown container app", "unknown target group tgStagingApp", "MISSING ECS agents of ecsOther"},
		says:  "there is no cluster ecsOther; mend the setting cluster"},
	{name: "another service", variant: "secrets", settings: set("services", map[string]any{"ec2": "Other"}),
		shows: []string{"MISSING service Other", "unknown container app", "unknown target group tgStagingApp"}, says: "mend the setting services.ec2"},
	{name: "a service that has been deleted", variant: "secrets",
		world: func(w *world) { w.answers["ecs:DescribeServices"] = `{"services":[{"status":"INACTIVE"}]}` },
		shows: []string{"MISSING service StagingApp_EC2LaunchType", "warning " + fargate, "unknown container app", "unknown target group tgStagingApp"}, says: "has no such active service"},
	{name: "tasks on Fargate", variant: "secrets", world: func(w *world) { w.fleet = simulatedFleet(func(c *fleetsim.Config) { c.NoFargate = false }) },
		shows: []string{"warning " + fargate}, says: "a restart leaves its tasks (1) alone, and they keep the old data"},
	{name: "another service on Fargate", variant: "secrets", settings: set("services", map[string]any{"fargate": "Other"}),
		shows: []string{"warning Fargate service Other"}, says: "has no such active service; mend the setting services.fargate"},
	{name: "another container", variant: "secrets", settings: set("container", "web"),
		shows: []string{"MISSING container web"}, says: "the service's target is the container app; mend the setting container"},
	{name: "another target group", variant: "secrets", settings: set("targetGroup", "tgProductionApp"),
		shows: []string{"MISSING target group tgProductionApp"}, says: "registers its tasks in no target group tgProductionApp, but in tgStagingApp; mend the setting targetGroup"},
	{name: "a target group that is gone", variant: "secrets", world: func(w *world) { w.groupless = true },
		shows: []string{"MISSING target group tgStagingApp"}, says: "it is gone"},
	{name: "old agents", variant: "secrets", world: func(w *world) { w.fleet = simulatedFleet(func(c *fleetsim.Config) { c.OldAgent = true }) },
		shows: []string{"MISSING ECS agents of ecsStagingCluster"}, says: "older than 1.65.0, which knows no task protection: replace by instances of a newer image: i-"},
	{name: "no instances", variant: "secrets", world: func(w *world) { w.answers["ecs:ListContainerInstances"] = `{"containerInstanceArns":[]}` },
		shows: []string{"MISSING ECS agents of ecsStagingCluster"}, says: "the cluster has no instances"},
	{name: "another Auto Scaling group", variant: "secrets", settings: set("group", "asgOther"),
		shows: []string{"MISSING group asgOther"}, says: "mend the setting group"},
	{name: "a log group of a longer name", variant: "secrets", world: func(w *world) { w.logGroups = []string{"logStagingApp2"} },
		shows: []string{"MISSING log group logStagingApp"}, says: "mend the setting logGroup"},

	{name: "no data bucket", variant: "secrets", settings: set("readPrefixes", []string{"s3://nobody/new/"}),
		shows: []string{"MISSING bucket nobody", "unknown encryption of nobody"}, says: "it does not exist; mend the setting that names it"},
	{name: "a data bucket elsewhere", variant: "secrets", settings: set("uploadBucket", nil), world: func(w *world) { w.buckets[data] = "eu-west-1" },
		shows: []string{"MISSING bucket " + data, "unknown " + crypt}, says: "it is in eu-west-1, but the functions reach buckets of us-east-1 only"},
	{name: "no events", variant: "secrets", world: func(w *world) { w.events = false },
		shows: []string{"MISSING events of " + data}, says: "docs/deploying.md, section 6"},
	{name: "no bucket for uploads", variant: "secrets", settings: set("uploadBucket", "nobody"),
		shows: []string{"MISSING bucket nobody", "unknown encryption of nobody", "MISSING events of nobody"}, says: "mend the setting uploadBucket"},

	{name: "a key that the settings lack", variant: "secrets", world: func(w *world) { w.encrypts[data] = "alias/data" },
		shows: []string{"MISSING " + crypt}, says: "it encrypts with a key that the functions may not use; set dataKeys." + data + " to " + keyARN},
	{name: "another key, named by its ID", variant: "secrets", settings: dataKey(keyARN), world: func(w *world) { w.encrypts[data] = "other" },
		shows: []string{"MISSING " + crypt}, says: "set dataKeys." + data + " to " + otherKeyARN},
	{name: "a key for a bucket with S3's own", variant: "secrets", settings: dataKey(keyARN),
		shows: []string{"warning " + crypt}, says: "that of dataKeys serves older objects only"},
	{name: "a key for a bucket with AWS's managed one", variant: "secrets", settings: dataKey(keyARN), world: func(w *world) { w.encrypts[data] = "alias/aws/s3" },
		shows: []string{"warning " + crypt}, says: "that of dataKeys serves older objects only"},
	{name: "a key that is gone", variant: "secrets", settings: dataKey(keyARN), world: func(w *world) { delete(w.keys, keyARN) },
		shows: []string{"MISSING " + crypt}, says: "there is no key " + keyARN + "; mend the setting dataKeys"},
	{name: "a disabled key for older objects", variant: "secrets", settings: dataKey(keyARN), world: func(w *world) { w.keyState(keyARN, "Disabled") },
		shows: []string{"MISSING " + crypt}, says: "run: aws kms enable-key --key-id " + keyARN},
	{name: "a bucket whose key is gone", variant: "secrets", settings: dataKey(keyARN), world: func(w *world) { w.encrypts[data] = "alias/gone" },
		shows: []string{"MISSING " + crypt}, says: "it encrypts with alias/gone, which is gone"},
	{name: "a bucket whose key is about to be deleted", variant: "secrets", settings: dataKey(keyARN),
		world: func(w *world) { w.encrypts[data] = keyARN; w.keyState(keyARN, "PendingDeletion") },
		shows: []string{"MISSING " + crypt}, says: "aws kms cancel-key-deletion --key-id " + keyARN + " && aws kms enable-key --key-id " + keyARN},
	{name: "a bucket whose key is not there yet", variant: "secrets", settings: dataKey(keyARN),
		world: func(w *world) { w.encrypts[data] = keyARN; w.keyState(keyARN, "PendingImport") },
		shows: []string{"MISSING " + crypt}, says: "cannot be used, its state is PendingImport"},

	{name: "another VPC", variant: "secrets", settings: set("vpc", "vpc-00000000"),
		shows: []string{"MISSING VPC vpc-00000000", "MISSING " + subnets, "MISSING " + sg, "unknown " + way}, says: "there is no such VPC in us-east-1; mend the setting vpc"},
	{name: "all in another VPC", variant: "secrets", world: func(w *world) {
		w.net.subnets[0].VPC, w.net.subnets[1].VPC, w.net.group(application).VPC = vpc2, vpc2, vpc2
	}, shows: []string{"MISSING " + subnets, "MISSING " + sg, "unknown " + way},
		says: zoneA + " is in vpc-2, " + zoneB + " is in vpc-2, none in " + vpc + "; mend the setting vpc, or subnets"},
	{name: "no DNS", variant: "secrets", world: func(w *world) { w.net.vpcs[0].Support = false },
		shows: []string{"MISSING " + theVPC}, says: "run: aws ec2 modify-vpc-attribute --vpc-id " + vpc + " --enable-dns-support"},
	{name: "no DNS names, and a NAT gateway", variant: "secrets", world: func(w *world) { w.net.vpcs[0].Names = false },
		shows: []string{"warning " + theVPC}, says: "run: aws ec2 modify-vpc-attribute --vpc-id " + vpc + " --enable-dns-hostnames"},
	{name: "no DNS names for the endpoint", variant: "secrets", world: func(w *world) { w.net.vpcs[0].Names = false; w.net.tables = w.net.tables[:1] },
		shows: []string{"warning " + theVPC, "MISSING " + way}, says: "there is no endpoint whose private DNS works, and " + zoneA + " is public"},

	{name: "a subnet that is gone", variant: "secrets", world: func(w *world) { w.net.subnets = w.net.subnets[:1] },
		shows: []string{"MISSING " + subnets, "unknown " + way}, says: "there is no " + zoneB + "; mend the setting subnets"},
	{name: "subnets that are gone, with IAM authentication", variant: "tokens", world: func(w *world) { w.net.subnets = nil },
		shows: []string{"MISSING " + subnets, "unknown database db-STAGING", "unknown database cluster-PRODUCTION"}, says: "there is no " + zoneA + ", " + zoneB},
	{name: "subnets that are gone, with a public list", variant: "public list", world: func(w *world) { w.net.subnets = nil },
		shows: []string{"MISSING " + subnets, "unknown " + way, "unknown " + wayList}, says: "cannot tell before the subnets are found"},
	{name: "subnets of two VPCs", variant: "secrets", world: func(w *world) { w.net.subnets[1].VPC = "vpc-2" },
		shows: []string{"MISSING " + subnets, "unknown " + way}, says: zoneB + " is in vpc-2, not in " + vpc + "; mend the setting subnets"},
	{name: "one zone", variant: "secrets", world: func(w *world) { w.net.subnets[1].Zone = "us-east-1a" },
		shows: []string{"warning " + subnets}, says: "all in us-east-1a: without that zone no update is possible"},
	{name: "a full subnet", variant: "secrets", world: func(w *world) { w.net.subnets[1].Free = 0 },
		shows: []string{"MISSING " + subnets}, says: zoneB + " has no free address"},
	{name: "no security group", variant: "secrets", settings: set("securityGroup", "sg-00000000"),
		world: func(w *world) { w.net.group(ofEndpoint).In[0].Block = new("0.0.0.0/0") },
		shows: []string{"MISSING security group sg-00000000"}, says: "there is no such group; mend the setting securityGroup"},
	{name: "a security group of another VPC", variant: "secrets", world: func(w *world) { w.net.group(application).VPC = "vpc-2" },
		shows: []string{"MISSING " + sg}, says: "it is in vpc-2, not in " + vpc + "; mend the setting securityGroup, or vpc"},
	{name: "no way out to the database", variant: "tokens", world: func(w *world) { w.net.group(application).Out = w.net.group(application).Out[1:] },
		shows: []string{"MISSING " + sg}, says: "it lets nothing out to port 5432"},
	{name: "no way out to the secrets", variant: "secrets", world: func(w *world) { w.net.group(application).Out = w.net.group(application).Out[:1] },
		shows: []string{"MISSING " + sg}, says: "it lets nothing out to port 443"},

	{name: "an endpoint that refuses", variant: "secrets", world: func(w *world) { w.net.group(ofEndpoint).In[0].Block = new("10.0.1.0/24") },
		shows: []string{"MISSING " + way}, says: "the endpoint's " + ofEndpoint + " lets nothing of " + application + " in at port 443"},
	{name: "neither endpoint nor NAT", variant: "secrets", world: func(w *world) { w.net.endpoints, w.net.tables = nil, w.net.tables[:1] },
		shows: []string{"MISSING " + way}, says: "there is no endpoint whose private DNS works, and " + zoneA + " is public"},
	{name: "an endpoint without private DNS, and a NAT that is gone", variant: "secrets",
		world: func(w *world) { w.net.endpoints[0].Private = false; w.net.tables[1].Routes[1].State = "blackhole" },
		shows: []string{"MISSING " + way}, says: zoneA + " has a default route to something that is gone"},
	{name: "no default route", variant: "public list", world: func(w *world) { w.net.tables[1].Routes = w.net.tables[1].Routes[:1] },
		shows: []string{"MISSING " + wayList}, says: zoneA + " has no default route, as to a NAT gateway: see docs/deploying.md, section 4"},

	{name: "no database", variant: "tokens", world: func(w *world) { w.rds.instance.Resource = "db-OTHER" },
		shows: []string{"MISSING database db-STAGING"}, says: "there is no such database in us-east-1; mend the setting resourceId"},
	{name: "IAM authentication is off", variant: "tokens", world: func(w *world) { w.rds.instance.IAM = false },
		shows: []string{"MISSING database db-STAGING"}, says: "run: aws rds modify-db-instance --db-instance-identifier staging --enable-iam-database-authentication"},
	{name: "another host", variant: "tokens", world: func(w *world) { w.rds.instance.Host = "new.example.org" },
		shows: []string{"MISSING database db-STAGING"}, says: "its endpoint is new.example.org:5432"},
	{name: "another port", variant: "tokens", world: func(w *world) { w.rds.instance.Port = 5433 },
		shows: []string{"MISSING database db-STAGING"}, says: "rds.amazonaws.com:5433"},
	{name: "a cluster without IAM authentication", variant: "tokens", world: func(w *world) { w.rds.cluster.IAM = false },
		shows: []string{"MISSING database cluster-PRODUCTION"}, says: "run: aws rds modify-db-cluster"},
	{name: "databases that refuse", variant: "tokens", world: func(w *world) { w.net.group(ofDatabase).In[0].Group = new(application2) },
		shows: []string{"MISSING database db-STAGING", "MISSING database cluster-PRODUCTION"},
		says:  "its " + ofDatabase + " lets nothing of " + application + " in at port 5432"},
	{name: "no route to another VPC", variant: "tokens", world: func(w *world) { w.rds.member.Within = &place{vpc2, zoneOfOther} },
		shows: []string{"MISSING database cluster-PRODUCTION"}, says: "it is in vpc-2, and " + zoneA + " has no route to 10.9.1.0/24; add routes there and back"},
	{name: "no route back", variant: "tokens", world: func(w *world) {
		w.net.peered()
		w.rds.member.Within, w.net.tables[2].Routes = &place{vpc2, zoneOfOther}, w.net.tables[2].Routes[:1]
	}, shows: []string{"MISSING database cluster-PRODUCTION"}, says: "it is in vpc-2, and " + zoneOfOther + " has no route to 10.0.1.0/24"},
	{name: "a cluster without an instance", variant: "tokens", world: func(w *world) { w.rds.member = database{} },
		shows: []string{"unknown database cluster-PRODUCTION"}, says: "cannot tell its VPC: it has no instance"},

	{name: "no secrets", variant: "secrets", world: func(w *world) { clear(w.secrets) },
		shows: []string{"MISSING secret of find-regions", "MISSING secret of bump-versions", "MISSING secret of set-region-uri", "MISSING secret of find-regions in other.database"},
		says:  "there is no such secret"},
	{name: "a deleted secret", variant: "secrets", world: func(w *world) { w.secrets[secretNamed("staging/bump-versions")] = secret{Deleted: 1} },
		shows: []string{"MISSING secret of bump-versions"}, says: "aws secretsmanager restore-secret --secret-id arn:"},
	{name: "a secret with a key of its own", variant: "secrets", world: func(w *world) { w.secrets[secretNamed("staging/find-regions")] = secret{Key: "arn:aws:kms:key/1"} },
		shows: []string{"warning secret of find-regions"}, says: "its key is arn:aws:kms:key/1"},
	{name: "no certificates", variant: "secrets", files: func(t *testing.T) {
		if err := os.Remove(filepath.Join("dist", "bump-versions", caFile)); err != nil {
			t.Fatal(err)
		}
	}, shows: []string{"MISSING " + certs}, says: caFile + " is not built into bump-versions: see docs/deploying.md, section 3"},
	{name: "no certificates, and a database that is not on RDS", variant: "public list",
		settings: func(e map[string]any) { e["database"].(map[string]any)["host"] = "db.example.org" },
		files: func(t *testing.T) {
			if err := os.RemoveAll("dist"); err != nil {
				t.Fatal(err)
			}
		}, shows: []string{"warning " + certs}, says: "so it trusts public authorities only"},
	{name: "a page in place of certificates", variant: "secrets", files: func(t *testing.T) { put(t, filepath.Join("dist", "find-regions", caFile), "<html>") },
		shows: []string{"MISSING " + certs}, says: "holds no certificate; fetch it anew"},
	{name: "a new account", variant: "secrets", world: func(w *world) { w.concurrency = 101 },
		shows: []string{"MISSING concurrency of functions"}, says: "set noReservedConcurrency to true"},
	{name: "a service that is down", variant: "secrets", world: func(w *world) { w.broken = "autoscaling:DescribeAutoScalingGroups" },
		shows: []string{"unknown group asgStagingContainerInstance"}, says: "cannot look: operation error Auto Scaling: DescribeAutoScalingGroups"},
}

func TestWhatIsMissingIsNamedWithWhatToDo(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			if tt.world != nil {
				tt.world(w)
			}
			project(t, w, "Staging", variants[tt.variant], tt.settings)
			if tt.files != nil {
				tt.files(t)
			}
			ready, screen := look(t, "staging")
			var shows []string
			for _, l := range read(screen) {
				if l.mark != "ok" {
					shows = append(shows, l.mark+" "+l.what)
				}
			}
			if !slices.Equal(shows, tt.shows) || !strings.Contains(screen, tt.says) {
				t.Errorf("shows %q, want %q and the text %q:\n%s", shows, tt.shows, tt.says, screen)
			}
			if want := !slices.ContainsFunc(tt.shows, func(s string) bool { return !strings.HasPrefix(s, "warning") }); ready != want {
				t.Errorf("ready is %t, want %t", ready, want)
			}
		})
	}
}

// TestTheEncryptionOfNoBucketIsNotLookedAt: it is not a second fault.
func TestTheEncryptionOfNoBucketIsNotLookedAt(t *testing.T) {
	for name, change := range map[string]func(*world){
		"gone":      func(w *world) { delete(w.buckets, data) },
		"elsewhere": func(w *world) { w.buckets[data] = "eu-west-1" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			change(w)
			project(t, w, "Staging")
			if _, screen := look(t, "staging"); !strings.Contains(screen, "  unknown  "+crypt+": cannot tell before the bucket is found\n") {
				t.Errorf("want %q to be told after the bucket:\n%s", crypt, screen)
			}
		})
	}
}

// TestEveryCheckCanFail: a check that no row of the table breaks has not been tried.
func TestEveryCheckCanFail(t *testing.T) {
	broken := map[string]bool{}
	for _, f := range faults {
		for _, s := range f.shows {
			if mark, what, _ := strings.Cut(s, " "); mark != "unknown" {
				broken[kind(what)] = true
			}
		}
	}
	checked := map[string]bool{}
	for _, v := range variants {
		project(t, newWorld(), "Staging", v)
		_, screen := look(t, "staging")
		for _, l := range read(screen) {
			checked[kind(l.what)] = true
		}
	}
	for what := range checked {
		if !broken[what] {
			t.Errorf("no row breaks %q", what)
		}
	}
	if got, want := slices.Sorted(maps.Keys(broken)), slices.Sorted(maps.Keys(checked)); !slices.Equal(got, want) {
		t.Errorf("the rows break %q\nthe checks are %q", got, want)
	}
}

// named are the checks whose name ends in that of what they look at, which a row may have changed.
var named = []string{"runs in", "service", "Fargate service", "target group", "container", "ECS agents of", "group", "bucket", "encryption of", "events of", "VPC", "security group"}

func kind(what string) string {
	for _, n := range named {
		if strings.HasPrefix(what, n+" ") {
			return n
		}
	}
	return what
}

func TestWithoutCredentialsNothingElseIsTried(t *testing.T) {
	w := newWorld()
	w.denied = "sts:GetCallerIdentity"
	project(t, w, "Staging")
	ready, screen := look(t, "staging")
	if lines := read(screen); ready || len(lines) != 2 || lines[0].what != "credentials" || lines[0].mark != "MISSING" || len(w.seen) != 1 {
		t.Errorf("ready %t, calls %v:\n%s", ready, w.seen, screen)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	for _, tt := range []struct{ name, environment, profile, want string }{
		{"no such environment", "test", "district-builder", "cdk.json has no settings for test"},
		{"no such profile", "staging", "nobody", `the profile "nobody"; is it configured?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			project(t, newWorld(), "Staging")
			if ready, err := run(t.Context(), os.Stderr, tt.environment, tt.profile); ready || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ready %t, error %v, want %q", ready, err, tt.want)
			}
		})
	}
	t.Run("bad settings", func(t *testing.T) {
		project(t, newWorld(), "Staging", set("account", "1"))
		if ready, err := run(t.Context(), os.Stderr, "staging", "district-builder"); ready || err == nil || !strings.Contains(err.Error(), "Staging.account") {
			t.Errorf("ready %t, error %v", ready, err)
		}
	})
}
