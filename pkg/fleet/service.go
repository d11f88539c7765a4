package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

type readsService interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
}

// describeService returns the service. A service that was deleted stays visible for a while as INACTIVE, and one that
// does not exist is no error of the call but an entry in failures[]: both are ServiceNotFound.
func describeService(ctx context.Context, client readsService, cluster, name string) (types.Service, error) {
	out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{name}})
	if err != nil {
		return types.Service{}, serviceError("describe", cluster, name, err)
	}
	for _, f := range out.Failures {
		if reason := aws.ToString(f.Reason); reason != "MISSING" {
			return types.Service{}, fmt.Errorf("describe service %s: %s %s", name, reason, aws.ToString(f.Detail))
		}
	}
	if len(out.Services) != 1 {
		return types.Service{}, fault.New(fault.ServiceNotFound, "cluster %s has no service %s; check the settings CLUSTER and SERVICE", cluster, name)
	}
	service := out.Services[0]
	if status := aws.ToString(service.Status); status != "ACTIVE" {
		return types.Service{}, fault.New(fault.ServiceNotFound, "service %s in cluster %s is %s, so it is deleted or being deleted", name, cluster, status)
	}
	return service, nil
}

// serviceError names the errors by which ECS says that there is no such service.
func serviceError(verb, cluster, name string, err error) error {
	var noService *types.ServiceNotFoundException
	var noCluster *types.ClusterNotFoundException
	var notActive *types.ServiceNotActiveException
	if errors.As(err, &noService) || errors.As(err, &noCluster) || errors.As(err, &notActive) {
		return fault.New(fault.ServiceNotFound, "%s service %s in cluster %s: %w", verb, name, cluster, err)
	}
	return fmt.Errorf("%s service %s in cluster %s: %w", verb, name, cluster, err)
}
