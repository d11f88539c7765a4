package template

import (
	"strings"
	"testing"
)

func TestWhatCannotBeResolved(t *testing.T) {
	t.Parallel()
	// Each row replaces a text of the small template; the error must say where.
	tests := []struct {
		name, old, new, want string
	}{
		{"an unknown function", `{"Ref": "Store"}, "COUNT"`, `{"Fn::ImportValue": "x"}, "COUNT"`, "resource Function: Properties.Environment.Variables.BUCKET: Fn::ImportValue is not supported"},
		{"a reference to nothing", `{"Ref": "Store"}, "COUNT"`, `{"Ref": "Nothing"}, "COUNT"`, "resource Function: Properties.Environment.Variables.BUCKET: there is no Nothing"},
		{"a reference to what has no name", `{"Ref": "Store"}, "COUNT"`, `{"Ref": "MayInvoke"}, "COUNT"`, "BUCKET: nothing is known of MayInvoke, a AWS::Lambda::Permission"},
		{"a parameter that only SSM knows", `{"Ref": "Store"}, "COUNT"`, `{"Ref": "BootstrapVersion"}, "COUNT"`, "BUCKET: the parameter BootstrapVersion has no value"},
		{"an unknown attribute", `"Function2.Arn"`, `"Function2.Speed"`, "resource Function: Properties.Environment.Variables.NAME.Fn::Select.1.Fn::Split.1.Fn::GetAtt: the attribute Speed"},
		{"an element too far", `[6, {"Fn::Split"`, `[7, {"Fn::Split"`, "NAME.Fn::Select: no element 7 of 7"},
		{"a join of no list", `["-", ["store", {"Ref": "AWS::AccountId"}, {"Ref": "Suffix"}]]`, `["-", "store"]`, "resource Store: Properties.BucketName.Fn::Join.1: store is no list"},
		{"a join of one", `["-", ["store", {"Ref": "AWS::AccountId"}, {"Ref": "Suffix"}]]`, `["-"]`, "resource Store: Properties.BucketName.Fn::Join: needs a list of two"},
		{"a name that depends on itself", `{"Ref": "Suffix"}`, `{"Ref": "Store"}`, "the name depends on itself"},
		{"an unknown variable of Sub", `${Store.Arn}/${Memory}`, `${Store.Arn}/${Disk}`, "resource Role: Properties.Policies.0.PolicyDocument.Statement.0.Resource.Fn::Sub: there is no Disk"},
		{"a number that is none", `"Timeout": "60"`, `"Timeout": "soon"`, "resource Function: Properties.Timeout"},
		{"a variable that is a list", `"COUNT": 3`, `"COUNT": [3]`, "resource Function: Properties.Environment"},
		{"a condition", `"Function2": {"Type"`, `"Function2": {"Condition": "Maybe", "Type"`, "resource Function2: Condition: conditions are not supported"},
		{"a role of elsewhere", `"Function2": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}}`,
			`"Function2": {"Type": "AWS::Lambda::Function", "Properties": {"Role": "arn:aws:iam::1:role/x"}}`, `resource Function2: its role "arn:aws:iam::1:role/x" is not in the template`},
		{"a managed policy of AWS", `[{"Ref": "Shared"}]`, `["arn:aws:iam::aws:policy/ReadOnlyAccess"]`, "resource Role: the managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is not in the template"},
		{"a boundary", `"RoleName": "worker",`, `"RoleName": "worker", "PermissionsBoundary": "arn",`, "resource Role: a permissions boundary is not supported"},
		{"a policy that is not understood", `"NumericLessThan"`, `"NumericAbout"`, "resource StorePolicy: policy StorePolicy/statement 0: condition NumericAbout s3:TlsVersion"},
		{"an alias of nothing", `{"Ref": "Function"}, "FunctionVersion"`, `"other", "FunctionVersion"`, "resource Alias: the function other is not in the template"},
		{"a placeholder without a value", `{"Work": {"Ref": "Alias"}}`, `{}`, "resource Machine: DefinitionSubstitutions: no value for ${Work}"},
		{"a definition that is a name", `"{\"StartAt\":`, `"x{\"StartAt\":`, "is no definition"},
		{"a definition elsewhere", `"DefinitionSubstitutions"`, `"DefinitionS3Location": {"Bucket": "b"}, "DefinitionSubstitutions"`, "resource Machine: its definition is no DefinitionString"},
		{"permissions of an unknown type", `"AWS::SSM::Parameter", "Properties"`, `"AWS::IAM::RolePolicy", "Properties"`, "resource Where: Type: AWS::IAM::RolePolicy is not supported"},
		{"a policy of nothing", `"Topics": [{"Ref": "Topic"}], `, ``, "resource TopicPolicy: it belongs to nothing"},
		{"no JSON", `{`, ``, "read a template"},
	}
	text := string(read(t, "testdata/small.template.json"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the template has no %s", tt.old)
			}
			if _, err := Load([]byte(strings.Replace(text, tt.old, tt.new, 1)), options); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
