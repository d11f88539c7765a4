package template

import (
	"encoding/json"
	"errors"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Bucket is an S3 bucket.
type Bucket struct {
	ID, Name, ARN string
	Versioned     bool
	Policies      iam.Policies
}

// Topic is an SNS topic.
type Topic struct {
	ID, Name, ARN string
	Policies      iam.Policies
}

// Queue is an SQS queue.
type Queue struct {
	ID, Name, ARN, URL string
	Policies           iam.Policies
}

func (l *loader) buckets(t *Template) error {
	type properties struct{ VersioningConfiguration struct{ Status string } }
	policies, err := l.policiesOf("AWS::S3::BucketPolicy")
	if err != nil {
		return err
	}
	return each(l, "AWS::S3::Bucket", func(id string, p properties) error {
		name, arn, err := l.nameAndARN(id)
		t.Buckets = append(t.Buckets, Bucket{id, name, arn, p.VersioningConfiguration.Status == "Enabled", policies[name]})
		return err
	})
}

func (l *loader) topics(t *Template) error {
	policies, err := l.policiesOf("AWS::SNS::TopicPolicy")
	if err != nil {
		return err
	}
	return each(l, "AWS::SNS::Topic", func(id string, _ struct{}) error {
		name, err := l.name(id)
		if err != nil {
			return err
		}
		arn, err := l.arn(id)
		t.Topics = append(t.Topics, Topic{id, name, arn, policies[arn]})
		return err
	})
}

func (l *loader) queues(t *Template) error {
	policies, err := l.policiesOf("AWS::SQS::QueuePolicy")
	if err != nil {
		return err
	}
	return each(l, "AWS::SQS::Queue", func(id string, _ struct{}) error {
		name, arn, err := l.nameAndARN(id)
		if err != nil {
			return err
		}
		url, err := l.fill(id, kinds["AWS::SQS::Queue"].ref, place{"resource " + id, "Type"})
		t.Queues = append(t.Queues, Queue{id, name, arn, url, policies[url]})
		return err
	})
}

// policiesOf reads resources' policies of a type, by what they call the resources: names, ARNs or URLs.
func (l *loader) policiesOf(kind string) (map[string]iam.Policies, error) {
	type properties struct {
		Bucket         string
		Topics, Queues []string
		PolicyDocument json.RawMessage
	}
	found := map[string]iam.Policies{}
	err := each(l, kind, func(id string, p properties) error {
		policy, err := iam.Resource(id, p.PolicyDocument)
		if err != nil {
			return err
		}
		owners := append(p.Topics, p.Queues...)
		if p.Bucket != "" {
			owners = append(owners, p.Bucket)
		}
		if len(owners) == 0 {
			return errors.New("it belongs to nothing")
		}
		for _, owner := range owners {
			found[owner] = append(found[owner], policy)
		}
		return nil
	})
	return found, err
}
