package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

type readsTargets interface {
	DescribeTargetHealth(context.Context, *elb.DescribeTargetHealthInput, ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error)
}

// targets is the health of a target group's targets by IP address. Two services register in the group, so a target
// belongs to a service only if one of the service's tasks has its address.
type targets map[string]elbtypes.TargetHealth

// describeTargets describes those of the group of that name in which the service registers its tasks.
func describeTargets(ctx context.Context, client readsTargets, service ecstypes.Service, group string) (targets, error) {
	groupARN, err := TargetGroupARN(service, group)
	if err != nil {
		return nil, fault.New(fault.ServiceNotFound, "%w; check the setting TARGET_GROUP", err)
	}
	out, err := client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &groupARN})
	if err != nil {
		return nil, fmt.Errorf("describe the health of targets in %s: %w", groupARN, err)
	}
	found := targets{}
	for _, d := range out.TargetHealthDescriptions {
		if d.Target == nil || d.TargetHealth == nil {
			continue
		}
		ip := aws.ToString(d.Target.Id)
		if have, ok := found[ip]; ok && have.State != elbtypes.TargetHealthStateEnumHealthy {
			continue // one address on two ports is healthy only if both are
		}
		found[ip] = *d.TargetHealth
	}
	return found, nil
}

// TargetGroupARN finds the target group of a name among those in which the service registers its tasks. An ARN ends in an
// ID that nobody chooses and that is another after the group was made anew, so it is no setting.
func TargetGroupARN(service ecstypes.Service, name string) (string, error) {
	var names []string
	for _, l := range service.LoadBalancers {
		arn := aws.ToString(l.TargetGroupArn) // …:targetgroup/<name>/<id>
		_, rest, _ := strings.Cut(arn, ":targetgroup/")
		found, _, _ := strings.Cut(rest, "/")
		if found == name {
			return arn, nil
		}
		if found != "" { // a classic load balancer has no target group
			names = append(names, found)
		}
	}
	in := "in none"
	if names != nil {
		in = "in " + strings.Join(names, ", ")
	}
	return "", fmt.Errorf("service %s registers its tasks in no target group %s, but %s", aws.ToString(service.ServiceName), name, in)
}

// of returns the health of the task's target, zero when the task has no address or is not registered.
// A network interface goes with its task, so no two tasks have one address at the same time;
// an address of a STOPPED task may be in use again.
func (t targets) of(task ecstypes.Task) elbtypes.TargetHealth {
	if isStopped(task) {
		return elbtypes.TargetHealth{}
	}
	return t[address(task)]
}

func (t targets) healthy(task ecstypes.Task) bool {
	return isRunning(task) && t.of(task).State == elbtypes.TargetHealthStateEnumHealthy
}

// others counts the healthy targets that belong to none of the tasks.
func (t targets) others(tasks []ecstypes.Task) (count int) {
	own := map[string]bool{}
	for _, task := range tasks {
		own[address(task)] = true
	}
	for ip, health := range t {
		if !own[ip] && health.State == elbtypes.TargetHealthStateEnumHealthy {
			count++
		}
	}
	return count
}

// address is the task's private IPv4 address: its awsvpc network interface is an attachment.
func address(task ecstypes.Task) string {
	for _, a := range task.Attachments {
		if aws.ToString(a.Type) != "ElasticNetworkInterface" {
			continue
		}
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}
