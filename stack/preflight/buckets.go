package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func (p preflight) dataBuckets() []string {
	var names []string
	for _, prefix := range slices.Concat(p.settings.WritePrefixes, p.settings.ReadPrefixes) {
		if !slices.Contains(names, prefix.Bucket) {
			names = append(names, prefix.Bucket)
		}
	}
	return names
}

func (p preflight) bucket(ctx context.Context, name string) error {
	_, err := p.buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(name, "cdk-"):
		return fmt.Errorf("run: npx aws-cdk@2.1148.1 bootstrap aws://%s/%s --profile district-builder (%w)", p.settings.Account, p.settings.Region, err)
	default:
		return fmt.Errorf("it does not exist, or is not ours; mend writePrefixes or readPrefixes (%w)", err)
	}
}

func (p preflight) events(ctx context.Context) error {
	out, err := p.buckets.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &p.settings.UploadBucket})
	if err == nil && out.EventBridgeConfiguration == nil {
		return fmt.Errorf("its notifications to EventBridge are off, so uploads start nothing: see docs/deploying.md, section 6")
	}
	return err
}
