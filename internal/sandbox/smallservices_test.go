package sandbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// TestUnknownActionsAreRefusedReadably: an answer that is not of the protocol would be an error about its form instead.
func TestUnknownActionsAreRefusedReadably(t *testing.T) {
	config := newTrial(t, func(o *Options) { o.Bubble = false }).account.config("operator")
	tests := []struct {
		name, says string
		call       func() error
	}{
		{"SNS", "not ListTopics", func() error {
			_, err := sns.NewFromConfig(config).ListTopics(t.Context(), &sns.ListTopicsInput{})
			return err
		}},
		{"STS", "not AssumeRole", func() error {
			_, err := sts.NewFromConfig(config).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/a&b"), RoleSessionName: aws.String("s")})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var refused smithy.APIError
			if err := tt.call(); !errors.As(err, &refused) || refused.ErrorCode() != "InvalidAction" || !strings.Contains(refused.ErrorMessage(), tt.says) {
				t.Errorf("error = %v; want InvalidAction that says %q", err, tt.says)
			}
		})
	}
}
