package fleet

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// ScaleServiceInput is scale-service's input.
type ScaleServiceInput struct {
	Origin
	Desired int `json:"desired"`
}

// Validate implements lambdarun.Validator. No run ever scales the service to 0: an absent field must not do it.
func (in ScaleServiceInput) Validate() error {
	if in.Desired < 1 || in.Desired > 1000 {
		return errors.New("desired: expected a task count of 1 to 1000")
	}
	return in.Origin.validate()
}

// ScaleServiceOutput is scale-service's output.
type ScaleServiceOutput struct {
	Previous int  `json:"previous"` // what this call found; after a repeated call, the count that the first one has set
	Desired  int  `json:"desired"`
	Changed  bool `json:"changed"`
	Running  int  `json:"running"` // as the call found it
	Done     bool `json:"done"`    // no more tasks run than desired
}

type scalesService interface {
	readsService
	UpdateService(context.Context, *ecs.UpdateServiceInput, ...func(*ecs.Options)) (*ecs.UpdateServiceOutput, error)
}

// ScaleService sets the service's desired count. That alone starts no deployment.
// When it is lowered, ECS chooses which tasks go, the protected ones excepted.
type ScaleService struct {
	Services scalesService
	Journal  closer
	Cluster  string
	Service  string
}

// Run is scale-service.
func (v ScaleService) Run(ctx context.Context, in ScaleServiceInput) (ScaleServiceOutput, error) {
	service, err := describeService(ctx, v.Services, v.Cluster, v.Service)
	if err != nil {
		return ScaleServiceOutput{}, err
	}
	out := ScaleServiceOutput{Previous: int(service.DesiredCount), Desired: in.Desired, Running: int(service.RunningCount)}
	out.Done = out.Running <= out.Desired
	// An inverse is carried out even if nothing seems to need it: ECS's answer may be older than what is undone.
	if out.Changed = out.Previous != out.Desired; out.Changed || in.Undo {
		_, err := v.Services.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &v.Cluster, Service: &v.Service, DesiredCount: aws.Int32(int32(in.Desired))})
		if err != nil {
			return ScaleServiceOutput{}, serviceError("set the desired count of", v.Cluster, v.Service, err)
		}
	}
	return out, in.closeStep(ctx, v.Journal, stepService, stepKeep)
}
