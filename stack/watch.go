package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newWatch looks at the lock every quarter of an hour, so that one which is held too long raises an alarm. A look that
// is lost is made up for by the next; when all are, the alarm goes off for want of data.
func newWatch(scope constructs.Construct, e environment, function awslambda.Alias) {
	watch := constructs.NewConstruct(scope, jsii.String("Watch"))
	rule := awsevents.NewCfnRule(watch, jsii.String("Lock"), &awsevents.CfnRuleProps{
		Name:               jsii.String(e.named(watchLock)),
		Description:        jsii.String("Looks at the lock of " + e.Name),
		ScheduleExpression: jsii.String("rate(15 minutes)"),
		// The event itself says nothing that the action needs, and the action refuses fields that it does not know.
		Targets: []any{&awsevents.CfnRule_TargetProperty{Id: jsii.String(watchLock), Arn: function.FunctionArn(), Input: jsii.String("{}")}},
	})
	mayInvoke(watch, rule, function)
}

// mayInvoke lets a rule invoke a function. The rule's ARN names the account. SourceAccount beside it would keep
// EventBridge from invoking: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
func mayInvoke(scope constructs.Construct, rule awsevents.CfnRule, function awslambda.Alias) {
	awslambda.NewCfnPermission(scope, jsii.String("Invoke"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: function.FunctionArn(),
		Principal: jsii.String("events.amazonaws.com"), SourceArn: rule.AttrArn(),
	})
}
