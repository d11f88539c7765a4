package stack

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newTopics makes the two topics: what is worth knowing, and what somebody must act upon at once.
func newTopics(scope constructs.Construct, e environment) {
	topics := constructs.NewConstruct(scope, jsii.String("Topics"))
	newTopic(topics, e, notifications, e.Notify)
	newTopic(topics, e, pages, e.Page)
}

func newTopic(scope constructs.Construct, e environment, name string, subscribers []string) {
	own := constructs.NewConstruct(scope, jsii.String(name))
	topic := awssns.NewTopic(own, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String(e.named(name)), DisplayName: jsii.String("DistrictBuilder " + e.Name), EnforceSSL: jsii.Bool(true),
	})
	// EventBridge supports no condition in a topic's policy, and no role of the target in its stead: with either, messages
	// would not be delivered (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
	// So a rule of another account that knew the topic could put a message here. It could read and change nothing.
	mayPublish(topic, "Rules", "events.amazonaws.com", nil)
	mayPublish(topic, "Alarms", "cloudwatch.amazonaws.com", &map[string]any{
		"ArnLike":      map[string]any{"aws:SourceArn": e.arn("cloudwatch", "alarm:"+e.Prefix()+"*")},
		"StringEquals": map[string]any{"aws:SourceAccount": e.Account},
	})
	for _, to := range subscribers {
		protocol := awssns.SubscriptionProtocol_EMAIL
		if strings.HasPrefix(to, "https://") {
			protocol = awssns.SubscriptionProtocol_HTTPS
		}
		awssns.NewSubscription(own, jsii.String("To "+to), &awssns.SubscriptionProps{Topic: topic, Protocol: protocol, Endpoint: jsii.String(to)})
	}
}

func mayPublish(topic awssns.Topic, id, service string, conditions *map[string]any) {
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(id),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  jsii.Strings(*topic.TopicArn()),
		Conditions: conditions,
	}))
}
