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
	for _, publisher := range []struct{ id, service, source string }{
		{"Rules", "events.amazonaws.com", e.arn("events", "rule/"+e.prefix()+"*")},
		{"Alarms", "cloudwatch.amazonaws.com", e.arn("cloudwatch", "alarm:"+e.prefix()+"*")},
	} {
		topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(publisher.id),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(publisher.service), nil)},
			Actions:    jsii.Strings("sns:Publish"),
			Resources:  jsii.Strings(*topic.TopicArn()),
			Conditions: &map[string]any{
				"ArnLike":      map[string]any{"aws:SourceArn": publisher.source},
				"StringEquals": map[string]any{"aws:SourceAccount": e.Account},
			},
		}))
	}
	for _, to := range subscribers {
		protocol := awssns.SubscriptionProtocol_EMAIL
		if strings.HasPrefix(to, "https://") {
			protocol = awssns.SubscriptionProtocol_HTTPS
		}
		awssns.NewSubscription(own, jsii.String("To "+to), &awssns.SubscriptionProps{Topic: topic, Protocol: protocol, Endpoint: jsii.String(to)})
	}
}
