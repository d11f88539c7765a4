package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

// How long a delivery is tried again before it becomes a dead letter.
const (
	maxEventAge = 3600 // seconds
	maxRetries  = 2    // of Lambda, when the function fails; EventBridge's own stop with the age
)

// uploadRule is the rule that hears of uploads.
const uploadRule = "upload"

// newTriggers lets an upload start an update. The bucket is the user's: its notifications to EventBridge must be
// switched on by hand (docs/deploying.md).
func newTriggers(scope constructs.Construct, e environment, function awslambda.Alias) {
	triggers := constructs.NewConstruct(scope, jsii.String("Triggers"))
	dead := newDeadLetters(triggers, e)
	rule := awsevents.NewCfnRule(triggers, jsii.String("Upload"), &awsevents.CfnRuleProps{
		Name:         jsii.String(e.named(uploadRule)),
		Description:  jsii.String("An upload of " + trigger.Folder + "<name>" + trigger.Extension + " starts update-regions of " + e.Name),
		EventPattern: e.uploadPattern(),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String(startUpdate), Arn: function.FunctionArn(),
			RetryPolicy:      &awsevents.CfnRule_RetryPolicyProperty{MaximumEventAgeInSeconds: jsii.Number(maxEventAge), MaximumRetryAttempts: jsii.Number(185)},
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: dead.QueueArn()},
		}},
	})
	mayInvoke(triggers, rule, function)
	awslambda.NewCfnEventInvokeConfig(triggers, jsii.String("Retries"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: jsii.String(e.named(startUpdate)), Qualifier: function.AliasName(),
		MaximumEventAgeInSeconds: jsii.Number(maxEventAge), MaximumRetryAttempts: jsii.Number(maxRetries),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: dead.QueueArn()},
		},
	}).Node().AddDependency(function)
	dead.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("DeadLetters"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  jsii.Strings(*dead.QueueArn()),
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rule.AttrArn()}},
	}))
}

// uploadPattern matches uploads and no copies. Our own functions cannot write there anyway: their roles
// end at the prefixes of the settings.
func (e environment) uploadPattern() map[string]any {
	return map[string]any{
		"source":      []any{"aws.s3"},
		"detail-type": []any{"Object Created"},
		"account":     []any{e.Account},
		"detail": map[string]any{
			"bucket": map[string]any{"name": []any{e.UploadBucket}},
			"object": map[string]any{"key": []any{map[string]any{"wildcard": trigger.Folder + "*" + trigger.Extension}}},
			"reason": []any{map[string]any{"anything-but": []any{"CopyObject"}}},
		},
	}
}

// deadLetters is the queue of events that could not be delivered or handled.
const deadLetters = "dead-letters"

func newDeadLetters(scope constructs.Construct, e environment) awssqs.Queue {
	queue := awssqs.NewQueue(scope, jsii.String("DeadLetters"), &awssqs.QueueProps{
		QueueName:       jsii.String(e.named(deadLetters)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	suppress(queue, "AwsSolutions-SQS3", "This is the dead-letter queue; an alarm tells of every message in it.")
	return queue
}

func (e environment) keepsDeadLetters() permission {
	return permission{id: "RuntimeDeadLetters", actions: []string{"sqs:SendMessage"}, resources: []string{e.arn("sqs", e.named(deadLetters))}}
}
