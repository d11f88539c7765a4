package fleet

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func TestScaleService(t *testing.T) {
	t.Parallel()
	a := steady(3)
	verb := ScaleService{a, a, testCluster, testService}
	for _, tt := range []struct {
		name    string
		desired int
		want    ScaleServiceOutput
		updates int
	}{
		{"raises", 7, ScaleServiceOutput{3, 7, true, 3, true}, 1},
		{"is there already", 7, ScaleServiceOutput{7, 7, false, 3, true}, 1},
		{"lowers", 2, ScaleServiceOutput{7, 2, true, 3, false}, 2},
	} {
		got, err := verb.Run(t.Context(), ScaleServiceInput{Desired: tt.desired})
		if err != nil || got != tt.want || a.count("UpdateService") != tt.updates {
			t.Errorf("%s: %+v, %v, %d updates", tt.name, got, err, a.count("UpdateService"))
		}
	}
	if len(a.closed) > 0 {
		t.Errorf("closed %v without undo", a.closed)
	}
}

func TestScaleServiceAfterALostAnswer(t *testing.T) {
	t.Parallel()
	a := steady(3)
	a.lose["UpdateService"] = true
	verb, in := ScaleService{a, a, testCluster, testService}, ScaleServiceInput{Origin{"r1", true}, 7}
	_, err := verb.Run(t.Context(), in)
	wantName(t, err, fault.Unavailable)
	a.fail["Close"] = throttled
	_, err = verb.Run(t.Context(), in)
	wantName(t, err, fault.Unavailable)
	got, err := verb.Run(t.Context(), in)
	if err != nil || got.Changed || a.service.DesiredCount != 7 || a.count("UpdateService") != 3 || !slices.Equal(a.closed, []string{"r1/scale-service", "r1/keep-old-tasks"}) {
		t.Errorf("%+v, %v, closed %v", got, err, a.closed)
	}
}

func TestScaleServiceRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		cluster, service string
		status           string
		fail             error
		want             fault.Name
	}{
		{"no such service", testCluster, "Other", "ACTIVE", nil, fault.ServiceNotFound},
		{"no such cluster", "other", testService, "ACTIVE", nil, fault.ServiceNotFound},
		{"deleted", testCluster, testService, "INACTIVE", nil, fault.ServiceNotFound},
		{"being deleted", testCluster, testService, "DRAINING", nil, fault.ServiceNotFound},
		{"deleted meanwhile", testCluster, testService, "ACTIVE", &ecstypes.ServiceNotActiveException{}, fault.ServiceNotFound},
		{"throttled", testCluster, testService, "ACTIVE", throttled, fault.Unavailable},
		{"forbidden", testCluster, testService, "ACTIVE", &ecstypes.AccessDeniedException{}, fault.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := steady(3)
			a.service.Status = aws.String(tt.status)
			if tt.fail != nil {
				a.fail["UpdateService"] = tt.fail
			}
			_, err := ScaleService{a, a, tt.cluster, tt.service}.Run(t.Context(), ScaleServiceInput{Origin{"r1", true}, 5})
			wantName(t, err, tt.want)
			if a.service.DesiredCount != 3 || len(a.closed) > 0 {
				t.Error("changed or closed after a refusal")
			}
		})
	}
}
