package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
)

// protection is all that an account can have of it.
var protection = Security{
	DataKeys: map[string]string{
		"Staging":    "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-00000000000a",
		"Production": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-00000000000b",
	},
	Databases:    map[string]string{"Staging": "db-STAGING", "Production": "db-PRODUCTION"},
	Applications: map[string]string{"Staging": "staging.example.org", "Production": "www.example.org"},
}

// secured is an account with IAM tokens instead of secrets, the public list instead of the other database, and KMS.
func secured(o *Options) { o.Security, o.text = protection, securedText }

// securedText is the shipped template with the settings and statements that the CDK app writes for such an account.
func securedText(environment string) ([]byte, error) {
	text, err := stack.Example.Text(environment)
	if err != nil {
		return nil, err
	}
	var t map[string]any
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, err
	}
	for _, r := range t["Resources"].(map[string]any) {
		r := r.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		switch r["Type"] {
		case "AWS::Lambda::Function":
			if e, ok := properties["Environment"].(map[string]any); ok {
				secureVariables(environment, e["Variables"].(map[string]any))
			}
		case "AWS::IAM::Role":
			secureRole(environment, properties)
		}
	}
	return json.Marshal(t)
}

func secureVariables(environment string, variables map[string]any) {
	asks := variables["OTHER_DATABASE_HOST"] != nil
	maps.DeleteFunc(variables, func(name string, _ any) bool {
		return name == "DATABASE_SECRET_ARN" || strings.HasPrefix(name, "OTHER_")
	})
	if asks {
		other := map[string]string{"Staging": "Production", "Production": "Staging"}[environment]
		variables["OTHER_REGIONS_URL"] = "https://" + protection.Applications[other] + "/api/region-configs?sort=name,ASC"
	}
}

// keyUses are the roles of the functions that read or write data, with what they do with its key.
var keyUses = map[string][]string{
	"inspect-region": {"kms:Decrypt"}, "start-update": {"kms:Decrypt"},
	"backup-region": {"kms:Decrypt", "kms:GenerateDataKey"}, "overwrite-region": {"kms:Decrypt", "kms:GenerateDataKey"},
	"restore-region": {"kms:Decrypt", "kms:GenerateDataKey"},
}

func secureRole(environment string, role map[string]any) {
	name, _ := role["RoleName"].(string)
	action := strings.TrimPrefix(name, "dbops-"+strings.ToLower(environment)+"-")
	policies, _ := role["Policies"].([]any)
	for _, p := range policies {
		document := p.(map[string]any)["PolicyDocument"].(map[string]any)
		statements := slices.DeleteFunc(document["Statement"].([]any), func(s any) bool { return s.(map[string]any)["Sid"] == "LogInToOther" })
		for _, s := range statements {
			if s := s.(map[string]any); s["Sid"] == "LogIn" {
				s["Action"] = "rds-db:connect"
				s["Resource"] = arnOf("rds-db", "dbuser:"+protection.Databases[environment]+"/dbops_"+strings.ReplaceAll(action, "-", "_"))
			}
		}
		if uses := keyUses[action]; uses != nil && p.(map[string]any)["PolicyName"] == "calls" {
			statements = slices.Insert(statements, 0, any(map[string]any{
				"Sid": "DataKeys", "Effect": "Allow", "Action": uses, "Resource": slices.Sorted(maps.Values(protection.DataKeys)),
				"Condition": map[string]any{"StringEquals": map[string]string{"kms:ViaService": "s3." + AWSRegion + ".amazonaws.com"}},
			}))
		}
		document["Statement"] = statements
	}
}
