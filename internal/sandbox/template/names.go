package template

import (
	"slices"
	"strings"
)

// kind says what a type's resources are called. {name} is the resource's own name, {function} that of the function to which
// a version or an alias belongs; {account} and {region} are the stack's.
type kind struct {
	property   string // holds the name
	ref        string
	attributes map[string]string
}

// kinds are the types that others may refer to.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
var kinds = map[string]kind{
	"AWS::Lambda::Function": {"FunctionName", "{name}", map[string]string{"Arn": "arn:aws:lambda:{region}:{account}:function:{name}"}},
	// A version's number is given by Lambda; here every function has its first.
	"AWS::Lambda::Version": {"", "arn:aws:lambda:{region}:{account}:function:{function}:1", map[string]string{"Version": "1"}},
	"AWS::Lambda::Alias":   {"Name", "arn:aws:lambda:{region}:{account}:function:{function}:{name}", nil},
	"AWS::StepFunctions::StateMachine": {"StateMachineName", "arn:aws:states:{region}:{account}:stateMachine:{name}",
		map[string]string{"Arn": "arn:aws:states:{region}:{account}:stateMachine:{name}", "Name": "{name}"}},
	"AWS::IAM::Role":          {"RoleName", "{name}", map[string]string{"Arn": "arn:aws:iam::{account}:role/{name}"}},
	"AWS::IAM::ManagedPolicy": {"ManagedPolicyName", "arn:aws:iam::{account}:policy/{name}", map[string]string{"PolicyArn": "arn:aws:iam::{account}:policy/{name}"}},
	"AWS::S3::Bucket": {"BucketName", "{name}", map[string]string{"Arn": "arn:aws:s3:::{name}", "DomainName": "{name}.s3.amazonaws.com",
		"RegionalDomainName": "{name}.s3.{region}.amazonaws.com"}},
	"AWS::SNS::Topic": {"TopicName", "arn:aws:sns:{region}:{account}:{name}", map[string]string{"TopicArn": "arn:aws:sns:{region}:{account}:{name}", "TopicName": "{name}"}},
	"AWS::SQS::Queue": {"QueueName", "https://sqs.{region}.amazonaws.com/{account}/{name}",
		map[string]string{"Arn": "arn:aws:sqs:{region}:{account}:{name}", "QueueName": "{name}"}},
	"AWS::Events::Rule":      {"Name", "{name}", map[string]string{"Arn": "arn:aws:events:{region}:{account}:rule/{name}"}},
	"AWS::Logs::LogGroup":    {"LogGroupName", "{name}", map[string]string{"Arn": "arn:aws:logs:{region}:{account}:log-group:{name}:*"}},
	"AWS::CloudWatch::Alarm": {"AlarmName", "{name}", map[string]string{"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}},
	"AWS::SSM::Parameter":    {"Name", "{name}", nil},
}

// pseudo are the pseudo parameters.
func (l *loader) pseudo(name string) (any, bool) {
	values := map[string]any{
		"AWS::AccountId": l.Account, "AWS::Region": l.Region, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
		"AWS::StackName": l.Stack, "AWS::NoValue": absent{},
	}
	value, ok := values[name]
	return value, ok
}

func (l *loader) ref(id string, at place) (any, error) {
	if value, ok := l.pseudo(id); ok {
		return value, nil
	}
	if p, ok := l.parameters[id]; ok {
		return l.parameter(id, p, at)
	}
	k, err := l.kind(id, at)
	if err != nil {
		return nil, err
	}
	return l.fill(id, k.ref, at)
}

// parameter is a parameter's value. The default of one that is kept in SSM is only where the value is.
func (l *loader) parameter(id string, p parameter, at place) (any, error) {
	if value, ok := l.Parameters[id]; ok {
		return value, nil
	}
	if p.Default == nil || strings.HasPrefix(p.Type, "AWS::SSM::Parameter::Value") {
		return nil, at.err("the parameter %s has no value", id)
	}
	return p.Default, nil
}

func (l *loader) attribute(id, name string, at place) (string, error) {
	k, err := l.kind(id, at)
	if err != nil {
		return "", err
	}
	form, ok := k.attributes[name]
	if !ok {
		return "", at.err("the attribute %s of %s (%s) is not known", name, id, l.resources[id].Type)
	}
	return l.fill(id, form, at)
}

func (l *loader) kind(id string, at place) (kind, error) {
	r, ok := l.resources[id]
	if !ok {
		return kind{}, at.err("there is no %s", id)
	}
	k, ok := kinds[r.Type]
	if !ok {
		return kind{}, at.err("nothing is known of %s, a %s", id, r.Type)
	}
	return k, nil
}

// fill puts names in a form of kinds.
func (l *loader) fill(id, form string, at place) (string, error) {
	var replacements []string
	if strings.Contains(form, "{name}") {
		name, err := l.name(id)
		if err != nil {
			return "", err
		}
		replacements = append(replacements, "{name}", name)
	}
	if strings.Contains(form, "{function}") {
		function, err := l.text(l.resources[id].Properties["FunctionName"], at.at("FunctionName of "+id))
		if err != nil {
			return "", err
		}
		replacements = append(replacements, "{function}", functionName(function))
	}
	return strings.NewReplacer(append(replacements, "{account}", l.Account, "{region}", l.Region)...).Replace(form), nil
}

// name is a resource's physical name: its own or, if it has none, one that the options give.
func (l *loader) name(id string) (string, error) {
	r := l.resources[id]
	at := place{"resource " + id, "Properties." + kinds[r.Type].property}
	if slices.Contains(l.naming, id) {
		return "", at.err("the name depends on itself")
	}
	l.naming = append(l.naming, id)
	defer func() { l.naming = l.naming[:len(l.naming)-1] }()
	if own, ok := r.Properties[kinds[r.Type].property]; ok {
		return l.text(own, at)
	}
	if l.Name != nil {
		return l.Name(r.Type, id), nil
	}
	return id, nil
}

// arn is a resource's ARN, which some types have as an attribute and others as what Ref gives.
func (l *loader) arn(id string) (string, error) {
	at := place{"resource " + id, "Type"}
	if _, ok := kinds[l.resources[id].Type].attributes["Arn"]; ok {
		return l.attribute(id, "Arn", at)
	}
	k, err := l.kind(id, at)
	if err != nil {
		return "", err
	}
	return l.fill(id, k.ref, at)
}

// functionName is the name in a function's name or ARN, without version or alias.
func functionName(nameOrARN string) string {
	if rest, ok := strings.CutPrefix(nameOrARN, "arn:aws:lambda:"); ok {
		parts := strings.Split(rest, ":") // region, account, "function", name, alias
		if len(parts) >= 4 {
			return parts[3]
		}
	}
	name, _, _ := strings.Cut(nameOrARN, ":")
	return name
}
