package settings

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheShippedFileIsValid(t *testing.T) {
	environments, context, err := Load("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(environments) != 2 || environments[0].Name != Production || environments[1].Name != Staging || context["dbops"] == nil {
		t.Errorf("environments = %+v", environments)
	}
}

func TestNamesAreDerivedFromTheEnvironment(t *testing.T) {
	environments, _, err := Load("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	p := environments[0]
	got := strings.Join([]string{p.Region, p.Cluster, p.Service, p.Group, p.LogGroup, p.Container}, " ")
	if want := "us-east-1 ecsProductionCluster ProductionApp_EC2LaunchType asgProductionContainerInstance logProductionApp app"; got != want {
		t.Errorf("names = %s\nwant %s", got, want)
	}
	if p.Database.Port != 5432 || p.LogRetentionDays != 365 {
		t.Errorf("port %d, retention %d", p.Database.Port, p.LogRetentionDays)
	}
}

// changed returns the shipped settings of staging with one of them replaced, or taken away if the value is nil.
func changed(t *testing.T, environment, setting string, value any) []byte {
	t.Helper()
	text, err := os.ReadFile("../../cdk.json")
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
	if outer, inner, nested := strings.Cut(setting, "."); nested {
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
		{"no target group", "targetGroupArn", nil, "Staging.targetGroupArn: missing"},
		{"a target group elsewhere", "targetGroupArn", "arn:aws:elasticloadbalancing:us-east-1:999999999999:targetgroup/tg/0123456789abcdef", "of this account and region"},
		{"a target group's name", "targetGroupArn", "tgStagingApp", "the target group's ARN"},
		{"a whole ARN", "loadBalancer", "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/1", "Staging.loadBalancer"},
		{"no prefixes", "writePrefixes", nil, "Staging.writePrefixes: missing"},
		{"a prefix that is no URI", "writePrefixes", []string{"regions/"}, "does not begin with s3://"},
		{"a pattern as prefix", "readPrefixes", []string{"s3://data/*/"}, "no '*', '?' or '$'"},
		{"a key alias", "dataKeyArns", []string{"alias/data"}, "Staging.dataKeyArns"},
		{"a bucket URI", "uploadBucket", "s3://data", "Staging.uploadBucket"},
		{"no subnets", "subnets", nil, "Staging.subnets: missing"},
		{"a subnet's name", "subnets", []string{"private"}, `Staging.subnets: "private"`},
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
		{"a telephone number", "page", []string{"555-0100"}, `Staging.page: "555-0100"`},
		{"an odd retention", "logRetentionDays", 100, "Staging.logRetentionDays: 100"},
		{"a misspelt setting", "clustre", "x", `context.dbops.Staging: unknown field "clustre"`},
		{"a wrong type", "subnets", "subnet-1", "context.dbops.Staging:"},
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

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"Staging": {}, "Production": {"uploadBucket": "data"}, "Test": {}}`))
	for _, want := range []string{"Staging.account", "Staging.subnets", "Staging.database.host", "Production.account",
		"Production.uploadBucket", "context.dbops.Test: unknown environment"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %s:\n%v", want, err)
		}
	}
	if _, err := Parse([]byte(`null`)); err == nil || !strings.Contains(err.Error(), "context.dbops: missing") {
		t.Errorf("error = %v", err)
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
