package trigger

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// StartUpdateAction builds start-update from its settings.
func StartUpdateAction(_ context.Context, env lambdarun.Env) (lambdarun.Handler, error) {
	set, err := env.Settings("ENVIRONMENT", "UPDATE_MACHINE_ARN", "NOTIFICATIONS_TOPIC_ARN")
	if err != nil {
		return nil, err
	}
	verb := StartUpdate{
		Objects:     s3.NewFromConfig(env.AWS),
		Machines:    sfn.NewFromConfig(env.AWS),
		Topics:      sns.NewFromConfig(env.AWS),
		Environment: set["ENVIRONMENT"],
		Machine:     set["UPDATE_MACHINE_ARN"],
		Topic:       set["NOTIFICATIONS_TOPIC_ARN"],
	}
	return lambdarun.HandleLenient(env.Log, verb.Run), nil
}
