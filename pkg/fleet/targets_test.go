package fleet

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// TestTheTargetGroupIsThatOfTheService: its name is a setting, its ARN is what the service registers in.
func TestTheTargetGroupIsThatOfTheService(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tgStagingApp2/fedcba9876543210"
	tests := []struct {
		name      string
		registers []string
		want, why string
	}{
		{"its only one", []string{testTargetGroupARN}, testTargetGroupARN, ""},
		{"one of two, the other with a longer name", []string{other, testTargetGroupARN}, testTargetGroupARN, ""},
		{"another", []string{other}, "", "registers its tasks in no target group tgStagingApp, but in tgStagingApp2"},
		{"none", nil, "", "but in none"},
		{"a classic load balancer, which has no ARN", []string{""}, "", "but in none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ecstypes.Service{ServiceName: aws.String(testService)}
			for _, arn := range tt.registers {
				s.LoadBalancers = append(s.LoadBalancers, ecstypes.LoadBalancer{TargetGroupArn: aws.String(arn)})
			}
			got, err := TargetGroupARN(s, testTargetGroup)
			if got != tt.want || (err == nil) != (tt.why == "") || err != nil && !strings.HasSuffix(err.Error(), tt.why) {
				t.Errorf("got %q, %v, want %q, %q", got, err, tt.want, tt.why)
			}
		})
	}
	a := steady(2)
	a.service.LoadBalancers = nil
	_, err := survey(a).Run(t.Context(), SurveyFleetInput{})
	wantName(t, err, fault.ServiceNotFound)
	if err != nil && !strings.HasSuffix(err.Error(), "; check the setting TARGET_GROUP") {
		t.Error(err)
	}
}
