package main

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

func (p preflight) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.settings.Region + ":" + p.settings.Account + ":" + resource
}

// runs looks for executions that are at work: they keep their definition, but a deployment gives them other functions.
// It tells whether there are machines at all, which the first deployment makes.
func (p preflight) runs(ctx context.Context) (deployed bool, err error) {
	var running []string
	for _, name := range statemachines.Names() {
		out, err := p.machines.ListExecutions(ctx, &sfn.ListExecutionsInput{
			StateMachineArn: aws.String(p.arn("states", "stateMachine:"+p.settings.Prefix()+name)), StatusFilter: sfntypes.ExecutionStatusRunning})
		if none := new(sfntypes.StateMachineDoesNotExist); errors.As(err, &none) {
			continue
		}
		if err != nil {
			return deployed, err
		}
		deployed = true
		for _, e := range out.Executions {
			running = append(running, name+" "+aws.ToString(e.Name))
		}
	}
	if running != nil {
		return deployed, lacks("at work: %s; a deployment would change its functions under it: wait for its end", strings.Join(running, ", "))
	}
	return deployed, nil
}

// stateBucket looks whether a removed stack has left its bucket, whose name the next one cannot take.
func (p preflight) stateBucket(ctx context.Context, deployed bool, looked error) error {
	switch {
	case deployed:
		return nil
	case looked != nil:
		return untold("cannot tell whether the stack is there")
	}
	there, err := p.bucketThere(ctx, p.settings.StateBucket())
	if there {
		return lacks("%s is left of a stack that was removed, and the deployment would fail: see docs/deploying.md, Removing it", p.settings.StateBucket())
	}
	return err
}

// pending is what SNS says in place of a subscription's ARN until it is confirmed.
const pending = "PendingConfirmation"

// subscriptions looks whether those who are to be told have confirmed it. The first deployment makes the topics.
func (p preflight) subscriptions(ctx context.Context) error {
	var silent []string
	for _, topic := range []string{"notifications", "pages"} {
		pages := sns.NewListSubscriptionsByTopicPaginator(p.topics, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(p.arn("sns", p.settings.Prefix()+topic))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if none := new(snstypes.NotFoundException); errors.As(err, &none) {
				break
			}
			if err != nil {
				return err
			}
			for _, s := range page.Subscriptions {
				if aws.ToString(s.SubscriptionArn) == pending {
					silent = append(silent, aws.ToString(s.Endpoint)+" ("+topic+")")
				}
			}
		}
	}
	if silent != nil {
		return beware("not confirmed, so not told of anything: %s; follow the link in the mail from SNS", strings.Join(silent, ", "))
	}
	return nil
}
