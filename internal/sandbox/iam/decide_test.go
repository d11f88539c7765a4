package iam

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const role = "arn:aws:iam::111122223333:role/r"

func identity(t *testing.T, name string, statements ...string) Policy {
	t.Helper()
	p, err := Identity(name, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func resource(t *testing.T, name string, statements ...string) Policy {
	t.Helper()
	p, err := Resource(name, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ask(action, resource string, keys ...string) Request {
	q := Request{Principal: role, Action: action, Resource: resource}
	for i := 0; i < len(keys); i += 2 {
		q = q.With(keys[i], keys[i+1])
	}
	return q
}

func TestIdentityPolicies(t *testing.T) {
	t.Parallel()
	const prefixes = `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":["regions/*","new/*"]}}}`
	tests := []struct {
		name      string
		statement string
		request   Request
		allowed   bool
	}{
		{"the very object", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), true},
		{"another object", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`, ask("s3:GetObject", "arn:aws:s3:::b/kk"), false},
		{"another action", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`, ask("s3:GetObjectTagging", "arn:aws:s3:::b/k"), false},
		{"actions have no case", `{"Effect":"Allow","Action":"S3:getobject","Resource":"*"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), true},
		{"resources have case", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/K"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},
		{"wildcard in an action", `{"Effect":"Allow","Action":["s3:Get*","s3:P?t*"],"Resource":"*"}`, ask("s3:PutObject", "arn:aws:s3:::b/k"), true},
		{"wildcard crosses slashes", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/runs/*/journal/*"}`, ask("s3:GetObject", "arn:aws:s3:::b/runs/a/b/journal/c/d:e"), true},
		{"wildcard needs what is around it", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/runs/*/journal/*"}`, ask("s3:GetObject", "arn:aws:s3:::b/runs/a/regions/b"), false},
		{"? is one character", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/?"}`, ask("s3:GetObject", "arn:aws:s3:::b/é"), true},
		{"? is not none", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k?"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},
		{"no wildcard crosses a segment before the resource", `{"Effect":"Allow","Action":"states:*","Resource":"arn:aws:states:*:stateMachine:m"}`,
			ask("states:StartExecution", "arn:aws:states:us-east-1:111122223333:stateMachine:m"), false},
		{"ListBucket is of the bucket, not of what is in it", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"}`, ask("s3:ListBucket", "arn:aws:s3:::b"), false},
		{"GetObject is of what is in the bucket", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},
		{"a log group without :*", `{"Effect":"Allow","Action":"logs:FilterLogEvents","Resource":"arn:aws:logs:us-east-1:1:log-group:/g"}`, ask("logs:FilterLogEvents", "arn:aws:logs:us-east-1:1:log-group:/g:log-stream:"), false},
		{"a log group with :*", `{"Effect":"Allow","Action":"logs:FilterLogEvents","Resource":"arn:aws:logs:us-east-1:1:log-group:/g:*"}`, ask("logs:FilterLogEvents", "arn:aws:logs:us-east-1:1:log-group:/g:log-stream:"), true},
		{"a group's unknown ID", `{"Effect":"Allow","Action":"autoscaling:SetDesiredCapacity","Resource":"arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/g"}`,
			ask("autoscaling:SetDesiredCapacity", "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:"+someGroupID+":autoScalingGroupName/g"), true},
		{"the name of a group must be whole", `{"Effect":"Allow","Action":"autoscaling:SetDesiredCapacity","Resource":"arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/g"}`,
			ask("autoscaling:SetDesiredCapacity", "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:"+someGroupID+":autoScalingGroupName/other/g"), false},
		{"a resource for what has none", `{"Effect":"Allow","Action":"ecs:ListTasks","Resource":"arn:aws:ecs:us-east-1:1:container-instance/c/*"}`, ask("ecs:ListTasks", "*"), false},
		{"a short ARN", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*"}`, ask("s3:GetObject", "arn:aws:s3"), false},
		{"all but an action", `{"Effect":"Allow","NotAction":"s3:Delete*","Resource":"*"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), true},
		{"the action excepted", `{"Effect":"Allow","NotAction":"s3:Delete*","Resource":"*"}`, ask("s3:DeleteObject", "arn:aws:s3:::b/k"), false},
		{"all but a resource", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*"}`, ask("s3:GetObject", "arn:aws:s3:::c/k"), true},
		{"the resource excepted", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},

		{"a prefix below one that is permitted", prefixes, ask("s3:ListBucket", "arn:aws:s3:::b", "s3:prefix", "new/a/b"), true},
		{"a prefix that is not permitted", prefixes, ask("s3:ListBucket", "arn:aws:s3:::b", "s3:prefix", "region"), false},
		{"no prefix where one is asked for", prefixes, ask("s3:ListBucket", "arn:aws:s3:::b"), false},
		{"no prefix where one is asked for if there is one", strings.Replace(prefixes, "StringLike", "StringLikeIfExists", 1), ask("s3:ListBucket", "arn:aws:s3:::b"), true},
		{"a wrong prefix where one is asked for if there is one", strings.Replace(prefixes, "StringLike", "StringLikeIfExists", 1), ask("s3:ListBucket", "arn:aws:s3:::b", "s3:prefix", "x"), false},
		{"StringEquals knows no wildcard", strings.Replace(prefixes, "StringLike", "StringEquals", 1), ask("s3:ListBucket", "arn:aws:s3:::b", "s3:prefix", "new/a"), false},
		{"StringEquals has case", condition1("StringEquals", "s3:prefix", `"A"`), ask("x:y", "*", "s3:prefix", "a"), false},
		{"keys have no case", condition1("StringEquals", "S3:Prefix", `"a"`), ask("x:y", "*", "s3:PREFIX", "a"), true},
		{"StringEqualsIgnoreCase", condition1("StringEqualsIgnoreCase", "s3:prefix", `"A"`), ask("x:y", "*", "s3:prefix", "a"), true},
		{"StringNotEqualsIgnoreCase", condition1("StringNotEqualsIgnoreCase", "s3:prefix", `"A"`), ask("x:y", "*", "s3:prefix", "a"), false},
		{"StringNotEquals another", condition1("StringNotEquals", "s3:prefix", `["a","b"]`), ask("x:y", "*", "s3:prefix", "c"), true},
		{"StringNotEquals one of them", condition1("StringNotEquals", "s3:prefix", `["a","b"]`), ask("x:y", "*", "s3:prefix", "b"), false},
		{"StringNotEquals without the key", condition1("StringNotEquals", "s3:prefix", `"a"`), ask("x:y", "*"), true},
		{"StringNotLike", condition1("StringNotLike", "s3:prefix", `"a*"`), ask("x:y", "*", "s3:prefix", "ab"), false},
		{"ArnEquals takes wildcards", condition1("ArnEquals", "ecs:cluster", `"arn:aws:ecs:us-east-1:1:cluster/*"`), ask("x:y", "*", "ecs:cluster", "arn:aws:ecs:us-east-1:1:cluster/c"), true},
		{"ArnEquals of another cluster", condition1("ArnEquals", "ecs:cluster", `"arn:aws:ecs:us-east-1:1:cluster/c"`), ask("x:y", "*", "ecs:cluster", "arn:aws:ecs:us-east-1:1:cluster/d"), false},
		{"ArnLike of what is no ARN", condition1("ArnLike", "ecs:cluster", `"arn:*:*:*:*:*"`), ask("x:y", "*", "ecs:cluster", "c"), false},
		{"ArnLike without the key", condition1("ArnLike", "ecs:cluster", `"arn:aws:ecs:*:*:*"`), ask("x:y", "*"), false},
		{"ArnNotLike", condition1("ArnNotLike", "ecs:cluster", `"arn:aws:ecs:*:*:*"`), ask("x:y", "*", "ecs:cluster", "arn:aws:ecs:us-east-1:1:cluster/d"), false},
		{"Bool", condition1("Bool", "aws:SecureTransport", `false`), ask("x:y", "*", "aws:SecureTransport", "false"), true},
		{"Bool of the other", condition1("Bool", "aws:SecureTransport", `"false"`), ask("x:y", "*", "aws:SecureTransport", "true"), false},
		{"NumericLessThan", condition1("NumericLessThan", "s3:TlsVersion", `1.2`), ask("x:y", "*", "s3:TlsVersion", "1.1"), true},
		{"NumericLessThan the same", condition1("NumericLessThan", "s3:TlsVersion", `"1.2"`), ask("x:y", "*", "s3:TlsVersion", "1.20"), false},
		{"NumericLessThanEquals the same", condition1("NumericLessThanEquals", "s3:TlsVersion", `1.2`), ask("x:y", "*", "s3:TlsVersion", "1.2"), true},
		{"NumericGreaterThan", condition1("NumericGreaterThan", "s3:max-keys", `9`), ask("x:y", "*", "s3:max-keys", "10"), true},
		{"NumericGreaterThanEquals", condition1("NumericGreaterThanEquals", "s3:max-keys", `10`), ask("x:y", "*", "s3:max-keys", "9"), false},
		{"NumericEquals", condition1("NumericEquals", "s3:max-keys", `10`), ask("x:y", "*", "s3:max-keys", "10.0"), true},
		{"NumericNotEquals", condition1("NumericNotEquals", "s3:max-keys", `10`), ask("x:y", "*", "s3:max-keys", "10.0"), false},
		{"a number that is none", condition1("NumericNotEquals", "s3:max-keys", `10`), ask("x:y", "*", "s3:max-keys", "many"), false},
		{"Null of what is absent", condition1("Null", "s3:prefix", `"true"`), ask("x:y", "*"), true},
		{"Null of what is there", condition1("Null", "s3:prefix", `true`), ask("x:y", "*", "s3:prefix", ""), false},
		{"not Null", condition1("Null", "s3:prefix", `false`), ask("x:y", "*", "s3:prefix", ""), true},
		{"all conditions must hold", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"a","s3:delimiter":"/"}}}`, ask("x:y", "*", "s3:prefix", "a"), false},

		{"a variable", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"}`, ask("s3:GetObject", "arn:aws:s3:::b/111122223333/k"), true},
		{"a variable of another value", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"}`, ask("s3:GetObject", "arn:aws:s3:::b/other/k"), false},
		{"a variable's value is literal", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${s3:prefix}"}`, ask("s3:GetObject", "arn:aws:s3:::b/k", "s3:prefix", "*"), false},
		{"a variable without a value", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${s3:prefix}*"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},
		{"a variable with another value for want of one", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${s3:prefix, 'k'}"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), true},
		{"a star that is no wildcard", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${*}"}`, ask("s3:GetObject", "arn:aws:s3:::b/k"), false},
		{"a star itself", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${*}"}`, ask("s3:GetObject", "arn:aws:s3:::b/*"), true},
		{"a variable in a condition", condition1("StringEquals", "aws:SourceAccount", `"${aws:PrincipalAccount}"`), ask("x:y", "*", "aws:SourceAccount", "111122223333"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := Policies{identity(t, "p", tt.statement)}.Decide(tt.request)
			if d.Allowed != tt.allowed || tt.allowed != (d.By == Ref{Policy: "p"}) {
				t.Errorf("%s", d.Message())
			}
		})
	}
}

func condition1(operator, key, value string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{%q:%s}}}`, operator, key, value)
}

func TestKeysWithSeveralValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator string
		got      []string
		holds    bool
	}{
		{"ForAllValues:StringEquals", []string{"a", "b"}, true},
		{"ForAllValues:StringEquals", []string{"a", "c"}, false},
		{"ForAllValues:StringEquals", nil, true},
		{"ForAnyValue:StringEquals", []string{"c", "b"}, true},
		{"ForAnyValue:StringEquals", []string{"c"}, false},
		{"ForAnyValue:StringEquals", nil, false},
		{"ForAnyValue:StringNotEquals", []string{"a", "c"}, true},
		{"ForAnyValue:StringNotEquals", nil, false},
		{"ForAllValues:StringNotEquals", []string{"a", "c"}, false},
		{"ForAnyValue:StringEqualsIfExists", nil, true},
	}
	for _, tt := range tests {
		p := Policies{identity(t, "p", condition1(tt.operator, "s3:RequestObjectTagKeys", `["a","b"]`))}
		q := Request{Principal: role, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/k", Context: map[string][]string{"s3:RequestObjectTagKeys": tt.got}}
		if d := p.Decide(q); d.Allowed != tt.holds {
			t.Errorf("%s of %v: %s", tt.operator, tt.got, d.Message())
		}
	}
	several := Request{Principal: role, Action: "x:y", Resource: "*", Context: map[string][]string{"s3:prefix": {"a", "b"}}}
	if d := (Policies{identity(t, "p", `{"Effect":"Allow","Action":"*","Resource":"*"}`)}).Decide(several); d.Allowed || !strings.Contains(d.Message(), "several values") {
		t.Error(d.Message())
	}
}

func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	const (
		insecure = `{"Sid":"TLS","Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
		events   = `{"Sid":"Rules","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"arn:aws:sns:us-east-1:1:t","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:1:rule/r-*"}}}`
		toRole   = `{"Effect":"Allow","Principal":{"AWS":["` + role + `"]},"Action":"*","Resource":"*"}`
		account  = `{"Effect":"%s","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*"}`
	)
	get := ask("s3:GetObject", "arn:aws:s3:::b/k", "aws:SecureTransport", "true")
	service := func(source string) Request {
		q := ask("sns:Publish", "arn:aws:sns:us-east-1:1:t", "aws:SourceArn", source)
		q.Principal = "events.amazonaws.com"
		return q
	}
	may := identity(t, "role", `{"Effect":"Allow","Action":["s3:GetObject","sns:Publish"],"Resource":"*"}`)
	tests := []struct {
		name     string
		policies Policies
		request  Request
		allowed  bool
	}{
		{"a denial that does not apply", Policies{may, resource(t, "b", insecure)}, get, true},
		{"a denial outweighs a permission", Policies{may, resource(t, "b", insecure)}, get.With("aws:SecureTransport", "false"), false},
		{"in any order", Policies{resource(t, "b", insecure), may}, get.With("aws:SecureTransport", "false"), false},
		{"everyone, also services", Policies{resource(t, "t", events, strings.ReplaceAll(insecure, "s3:", "sns:"), `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)}, service("arn:aws:events:us-east-1:1:rule/r-1"), false},
		{"the service for its rule", Policies{resource(t, "t", events)}, service("arn:aws:events:us-east-1:1:rule/r-1"), true},
		{"the service for another rule", Policies{resource(t, "t", events)}, service("arn:aws:events:us-east-1:1:rule/x-1"), false},
		{"a role is no service", Policies{resource(t, "t", events)}, ask("sns:Publish", "arn:aws:sns:us-east-1:1:t", "aws:SourceArn", "arn:aws:events:us-east-1:1:rule/r-1"), false},
		{"the role itself, with no policy of its own", Policies{resource(t, "b", toRole)}, get, true},
		{"the account does not permit in the place of the role's policy", Policies{resource(t, "b", fmt.Sprintf(account, "Allow"))}, get, false},
		{"the account's denial is for all in it", Policies{may, resource(t, "b", fmt.Sprintf(account, "Deny"))}, get, false},
		{"another account's denial", Policies{may, resource(t, "b", strings.Replace(fmt.Sprintf(account, "Deny"), "111122223333", "444455556666", 1))}, get, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := tt.policies.Decide(tt.request); d.Allowed != tt.allowed {
				t.Error(d.Message())
			}
		})
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	p, err := Trust("trust", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for service, may := range map[string]bool{"lambda.amazonaws.com": true, "states.amazonaws.com": false} {
		if d := (Policies{p}).Decide(Request{Principal: service, Action: "sts:AssumeRole", Resource: role}); d.Allowed != may {
			t.Error(d.Message())
		}
	}
}

func TestDecisionTellsTheStatements(t *testing.T) {
	t.Parallel()
	allow := `{"Sid":"%s","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/%s"}`
	p := Policies{
		identity(t, "one", fmt.Sprintf(allow, "Some", "a/*"), fmt.Sprintf(allow, "More", "a/b/*")),
		identity(t, "two", `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/a/b/secret"}`),
	}
	some, more, deny := Ref{"one", 0, "Some"}, Ref{"one", 1, "More"}, Ref{"two", 0, ""}
	tests := []struct {
		key     string
		allowed bool
		by      Ref
		matched []Ref
		message string
	}{
		{"a/x", true, some, []Ref{some}, "by one/Some"},
		{"a/b/x", true, some, []Ref{some, more}, "by one/Some"},
		{"a/b/secret", false, deny, []Ref{some, more, deny}, "with an explicit deny in an identity-based policy"},
		{"x", false, Ref{}, nil, `User: ` + role + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/x" because no identity-based policy allows the s3:GetObject action`},
	}
	var all []Decision
	for _, tt := range tests {
		d := p.Decide(ask("s3:GetObject", "arn:aws:s3:::b/"+tt.key))
		if d.Allowed != tt.allowed || d.By != tt.by || !slices.Equal(d.Matched, tt.matched) || !strings.Contains(d.Message(), tt.message) {
			t.Errorf("%s: %+v: %s", tt.key, d, d.Message())
		}
		all = append(all, d)
	}
	if used := Used(all); !slices.Equal(used, []Ref{some, deny}) {
		t.Errorf("used %v", used)
	}
	if denied, decided := p.DecideAll([]Request{ask("s3:GetObject", "arn:aws:s3:::b/a/x"), ask("s3:GetObject", "arn:aws:s3:::b/x"), ask("s3:PutObject", "*")}); denied == nil || denied.Request.Resource != "arn:aws:s3:::b/x" || len(decided) != 2 {
		t.Errorf("denied %v of %v", denied, decided)
	}
	if denied, _ := p.DecideAll(nil); denied != nil {
		t.Error("nothing was denied")
	}
	// Without a statement: what it alone permitted or denied is decided otherwise, the rest as before.
	if d := p.Without(some).Decide(ask("s3:GetObject", "arn:aws:s3:::b/a/x")); d.Allowed {
		t.Error("permitted by a statement that was taken away")
	}
	if d := p.Without(deny).Decide(ask("s3:GetObject", "arn:aws:s3:::b/a/b/secret")); !d.Allowed {
		t.Error("denied by a statement that was taken away")
	}
	if refs := p.Refs(); !slices.Equal(refs, []Ref{some, more, deny}) {
		t.Errorf("taking statements away changed the policies: %v", refs)
	}
}

func TestPoliciesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + rest + `}]}`
	}
	const usual = `"Action":"s3:GetObject","Resource":"*"`
	for name, document := range map[string]string{
		"no JSON":                       `{`,
		"no statement":                  `{"Version":"2012-10-17"}`,
		"another version":               `{"Version":"2020-01-01","Statement":[]}`,
		"an unknown element":            statement(usual + `,"Actions":"x"`),
		"an unknown effect":             `{"Statement":{"Effect":"Maybe",` + usual + `}}`,
		"a principal":                   statement(usual + `,"Principal":"*"`),
		"no action":                     statement(`"Resource":"*"`),
		"action and its opposite":       statement(usual + `,"NotAction":"s3:*"`),
		"an empty list of actions":      statement(`"NotAction":[],"Resource":"*"`),
		"an empty list of resources":    statement(`"Action":"s3:GetObject","Resource":[]`),
		"no resource":                   statement(`"Action":"s3:GetObject"`),
		"an action without a service":   statement(`"Action":"GetObject","Resource":"*"`),
		"a wildcard for the service":    statement(`"Action":"s*:GetObject","Resource":"*"`),
		"a resource that is no ARN":     statement(`"Action":"s3:GetObject","Resource":"b/*"`),
		"a short ARN":                   statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3*"`),
		"a wildcard for an ARN service": statement(`"Action":"s3:GetObject","Resource":"arn:aws:*:::b"`),
		"an unknown operator":           statement(usual + `,"Condition":{"IpAddress":{"s3:prefix":"1"}}`),
		"an unknown key":                statement(usual + `,"Condition":{"StringEquals":{"aws:SourceIp":"1"}}`),
		"a condition without a value":   statement(usual + `,"Condition":{"StringEquals":{"s3:prefix":[]}}`),
		"a value that is none":          statement(usual + `,"Condition":{"StringEquals":{"s3:prefix":{}}}`),
		"a number that is none":         statement(usual + `,"Condition":{"NumericEquals":{"s3:max-keys":"many"}}`),
		"a boolean that is none":        statement(usual + `,"Condition":{"Bool":{"aws:SecureTransport":"no"}}`),
		"an ARN that is none":           statement(usual + `,"Condition":{"ArnLike":{"ecs:cluster":"c*"}}`),
		"several values for one":        statement(usual + `,"Condition":{"StringEquals":{"s3:RequestObjectTagKeys":"a"}}`),
		"both quantifiers":              statement(usual + `,"Condition":{"ForAllValues:ForAnyValue:StringEquals":{"s3:prefix":"a"}}`),
		"an unknown variable":           statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"`),
		"a variable that is none":       statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${}"`),
		"a variable in the old version": `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${s3:prefix}"}}`,
		"a Sid twice":                   `{"Statement":[{"Sid":"a","Effect":"Allow",` + usual + `},{"Sid":"a","Effect":"Allow",` + usual + `}]}`,
	} {
		if p, err := Identity("p", []byte(document)); err == nil {
			t.Errorf("%s was read: %+v", name, p)
		}
	}
	for name, document := range map[string]string{
		"no principal":                        statement(usual),
		"all but a principal":                 statement(usual + `,"NotPrincipal":{"AWS":"*"},"Principal":"*"`),
		"a principal of an unknown kind":      statement(usual + `,"Principal":{"Federated":"x"}`),
		"a principal with a wildcard":         statement(usual + `,"Principal":{"AWS":"arn:aws:iam::1:role/*"}`),
		"a principal that is neither":         statement(usual + `,"Principal":7`),
		"a bucket's policy without resources": statement(`"Action":"s3:GetObject","Principal":"*"`),
	} {
		if p, err := Resource("p", []byte(document)); err == nil {
			t.Errorf("%s was read: %+v", name, p)
		}
	}
}
