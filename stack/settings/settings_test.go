package settings

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheExampleIsValid(t *testing.T) {
	environments, context, err := Load("../template/example.cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(environments) != 2 || environments[0].Name != Production || environments[1].Name != Staging || context["dbops"] == nil {
		t.Errorf("environments = %+v", environments)
	}
}

func TestNamesAreDerivedFromTheEnvironment(t *testing.T) {
	environments, _, err := Load("../template/example.cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	p := environments[0]
	got := strings.Join([]string{p.Region, p.Cluster, p.Services.EC2, p.Services.Fargate, p.Group, p.TargetGroup, p.LogGroup, p.Container}, " ")
	if want := "us-east-1 ecsProductionCluster ProductionApp_EC2LaunchType ProductionApp asgProductionContainerInstance tgProductionApp logProductionApp app"; got != want {
		t.Errorf("names = %s\nwant %s", got, want)
	}
	if p.Database.Port != 5432 || p.LogRetentionDays != 365 {
		t.Errorf("port %d, retention %d", p.Database.Port, p.LogRetentionDays)
	}
}

// changed returns the example settings of staging with one of them replaced, or taken away if the value is nil.
func changed(t *testing.T, environment, setting string, value any) []byte {
	t.Helper()
	text, err := os.ReadFile("../template/example.cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Context struct{ Dbops map[string]map[string]any }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	at := file.Context.Dbops[environment]
	for outer, inner, nested := strings.Cut(setting, "."); nested; outer, inner, nested = strings.Cut(setting, ".") {
		at, setting = at[outer].(map[string]any), inner
	}
	if at[setting] = value; value == nil {
		delete(at, setting)
	}
	out, err := json.Marshal(file.Context.Dbops)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryErrorNamesTheSettingAndWhereItGoes(t *testing.T) {
	tests := []struct {
		name, setting string
		value         any
		want          string
	}{
		{"no account", "account", nil, `context.dbops.Staging.account: missing; expected the account's 12 digits`},
		{"short account", "account", "123", `context.dbops.Staging.account: "123"; expected`},
		{"another partition", "region", "cn-north-1", "Staging.region:"},
		{"a target group's ARN", "targetGroup", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tgStagingApp/0123456789abcdef", "expected the target group's name, which is no ARN"},
		{"one service only", "services", "StagingApp", `Staging.services: the text "StagingApp"; expected an object`},
		{"one service twice", "services", map[string]any{"ec2": "StagingApp"}, `Staging.services: both are "StagingApp"; expected two services`},
		{"a service's ARN", "services", map[string]any{"fargate": "arn:aws:ecs:us-east-1:1:service/a"}, "Staging.services.fargate:"},
		{"no prefixes", "writePrefixes", nil, "Staging.writePrefixes: missing"},
		{"a prefix that is no URI", "writePrefixes", []string{"s3://data/regions/", "regions/"},
			`context.dbops.Staging.writePrefixes[1]: URI "regions/": does not begin with s3://; expected s3://<bucket>/<path>/`},
		{"a pattern as prefix", "readPrefixes", []string{"s3://data/*/"}, "context.dbops.Staging.readPrefixes[0]: s3://data/*/; expected no '*', '?' or '$'"},
		{"a variable as prefix", "writePrefixes", []string{"s3://data/${env}/"}, "Staging.writePrefixes[0]: s3://data/${env}/; expected no"},
		{"copies that start updates", "writePrefixes", []string{"s3://districtbuilder-staging-data/updates/"},
			"Staging.writePrefixes[0]: s3://districtbuilder-staging-data/updates/; expected none that overlaps s3://districtbuilder-staging-data/updates/, where an upload starts"},
		{"copies that start updates, below", "writePrefixes", []string{"s3://a/b/", "s3://districtbuilder-staging-data/updates/US/"}, "Staging.writePrefixes[1]:"},
		{"a key alias", "dataKeys", map[string]any{"districtbuilder-staging-data": "alias/data"}, `Staging.dataKeys.districtbuilder-staging-data: "alias/data"; expected the ARN of a KMS key`},
		{"a key of another region", "dataKeys", map[string]any{"districtbuilder-staging-data": "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"}, "of this region"},
		{"a key of a bucket that is not used", "dataKeys", map[string]any{"other": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"},
			"Staging.dataKeys.other: no such bucket among the settings; expected one of districtbuilder-staging-data"},
		{"a bucket URI", "uploadBucket", "s3://data", "Staging.uploadBucket"},
		{"no VPC", "vpc", nil, "Staging.vpc: missing; expected vpc-<id>, the application's"},
		{"a VPC's name", "vpc", "vpcStaging", `Staging.vpc: "vpcStaging"`},
		{"no subnets", "subnets", nil, "Staging.subnets: missing"},
		{"a subnet's name", "subnets", []string{"private"}, `Staging.subnets[0]: "private"`},
		{"a group's name", "securityGroup", "sgStagingAppEcsService", "sg-<id> of sgStagingAppEcsService"},
		{"no database host", "database.host", nil, "Staging.database.host: missing"},
		{"a host with a port", "database.host", "h:5432", "Staging.database.host"},
		{"a negative port", "database.port", -1, "Staging.database.port: -1"},
		{"no login", "database.secretArns", nil, "Staging.database: neither resourceId nor secretArns"},
		{"two logins", "database.resourceId", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Staging.database: resourceId and secretArns"},
		{"a database's name", "database", map[string]any{"host": "h", "name": "d", "resourceId": "staging"}, "Staging.database.resourceId"},
		{"no other", "other", nil, "Staging.other: 0 of database, regionsUrl and none"},
		{"two others", "other", map[string]any{"none": true, "regionsUrl": "https://a/"}, "Staging.other: 2 of"},
		{"plain http", "other", map[string]any{"regionsUrl": "http://a/"}, "Staging.other.regionsUrl"},
		{"nobody to page", "page", nil, "Staging.page: missing; expected who must act at once"},
		{"nobody to notify", "notify", []string{}, "Staging.notify: missing; expected who wants to know"},
		{"a telephone number", "page", []string{"555-0100"}, `Staging.page[0]: "555-0100"`},
		{"an odd retention", "logRetentionDays", 100, "Staging.logRetentionDays: 100"},
		{"a misspelt setting", "clustre", "x", "context.dbops.Staging.clustre: unknown setting; expected one of account, cluster, container,"},
		{"other letters", "Account", "111122223333", "context.dbops.Staging.Account: unknown setting"},
		{"a misspelt setting of the database", "database.hots", "x", "context.dbops.Staging.database.hots: unknown setting; expected one of host, name, port,"},
		{"a misspelt setting of the other database", "other.database.hots", "x", "context.dbops.Staging.other.database.hots: unknown setting"},
		{"an account as a number", "account", 111122223333, "context.dbops.Staging.account: 111122223333; expected text"},
		{"a text for a list", "subnets", "subnet-1", `context.dbops.Staging.subnets: the text "subnet-1"; expected a list`},
		{"a number in a list", "notify", []any{"a@b.org", 1}, "context.dbops.Staging.notify[1]: 1; expected text"},
		{"a number for a URI", "readPrefixes", []any{1}, "context.dbops.Staging.readPrefixes[0]: 1; expected text"},
		{"a text for a database", "database", "h", `context.dbops.Staging.database: the text "h"; expected an object`},
		{"a port as text", "database.port", "5432", `context.dbops.Staging.database.port: the text "5432"; expected a whole number`},
		{"a port and a half", "database.port", 5432.5, "context.dbops.Staging.database.port: 5432.5; expected a whole number"},
		{"a list of secrets", "database.secretArns", []any{}, "context.dbops.Staging.database.secretArns: a list; expected an object"},
		{"an object for a secret", "database.secretArns.find-regions", map[string]any{}, "context.dbops.Staging.database.secretArns.find-regions: an object; expected text"},
		{"yes", "other.none", "yes", `context.dbops.Staging.other.none: the text "yes"; expected true or false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(changed(t, Staging, tt.setting, tt.value)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v\nwant one with %q", err, tt.want)
			}
		})
	}
}

func TestSecretsAreNeededForEachFunction(t *testing.T) {
	arn := "arn:aws:secretsmanager:us-east-1:111122223333:secret:dbops/x-a1b2c3"
	for _, tt := range []struct {
		name, environment, want string
		secrets                 map[string]string
	}{
		{"all of staging", Staging, "", map[string]string{"find-regions": arn, "bump-versions": arn, "set-region-uri": arn}},
		{"one is missing", Staging, "database.secretArns.set-region-uri: missing", map[string]string{"find-regions": arn, "bump-versions": arn}},
		{"production needs two", Production, "", map[string]string{"find-regions": arn, "bump-versions": arn}},
		{"production may not set a URI", Production, "database.secretArns.set-region-uri: unknown action", map[string]string{"find-regions": arn, "bump-versions": arn, "set-region-uri": arn}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			database := map[string]any{"host": "h", "name": "d", "secretArns": tt.secrets}
			_, err := Parse(changed(t, tt.environment, "database", database))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestAllProblemsAreToldAtOnce, and each once: what could not be read is not said to be missing as well.
func TestAllProblemsAreToldAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"Staging": {"writePrefixes": ["regions/"], "readPrefixes": ["s3://data/*/"], "subnets": 1, "database": {"hots": "h", "port": "x"}, "clustre": "x"},
		"Production": {"uploadBucket": "data", "database": 1}, "Test": {}, "Old": 1}`))
	if err == nil {
		t.Fatal("no error")
	}
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		setting, _, _ := strings.Cut(line, ": ")
		got = append(got, strings.TrimPrefix(setting, "context.dbops."))
	}
	want := []string{"Old", "Production.database", "Production.account", "Production.writePrefixes", "Production.uploadBucket",
		"Production.vpc", "Production.subnets", "Production.securityGroup", "Production.other", "Production.notify", "Production.page",
		"Staging.clustre", "Staging.database.hots", "Staging.database.port", "Staging.subnets", "Staging.writePrefixes[0]",
		"Staging.account", "Staging.readPrefixes[0]", "Staging.vpc", "Staging.securityGroup", "Staging.database.host", "Staging.database.name",
		"Staging.other", "Staging.notify", "Staging.page", "Test"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%v", diff, err)
	}
	for text, want := range map[string]string{
		`null`: "context.dbops: missing", `{}`: "context.dbops: missing", `[]`: "context.dbops: a list; expected an object", `{`: "context.dbops: unexpected EOF",
		`{"Staging": [1]}`: "context.dbops.Staging: a list; expected an object", `{"Staging": null}`: "context.dbops.Staging.account: missing",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error = %v, want %s", text, err, want)
		}
	}
}

// TestNoEnvironmentCopiesToWhereAnotherIsUploadedTo: production's copies would start updates of staging.
func TestNoEnvironmentCopiesToWhereAnotherIsUploadedTo(t *testing.T) {
	text := changed(t, Production, "writePrefixes", []string{"s3://districtbuilder-staging-data/updates/"})
	if _, err := Parse(text); err == nil || !strings.HasPrefix(err.Error(), "context.dbops.Production.writePrefixes[0]: ") || !strings.HasSuffix(err.Error(), "an update of Staging") {
		t.Errorf("error = %v", err)
	}
	for _, elsewhere := range []string{"s3://districtbuilder-staging-data/updates-of-2026/", "s3://another/updates/"} {
		if _, err := Parse(changed(t, Staging, "writePrefixes", []string{elsewhere})); err != nil {
			t.Errorf("%s: %v", elsewhere, err)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"dbops": {"Staging": {}}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error = %v, want the file's name", err)
	}
}
