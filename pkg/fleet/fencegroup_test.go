package fleet

import (
	"slices"
	"testing"

	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func processNames(a *account) []string {
	names := []string{}
	for _, p := range a.group.SuspendedProcesses {
		names = append(names, *p.ProcessName)
	}
	return names
}

func TestFenceGroup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before []string
		fenced bool
		want   FenceGroupOutput
		after  []string
	}{
		{"closes", nil, true, FenceGroupOutput{false, true, true}, []string{alarmNotification}},
		{"is closed already", []string{alarmNotification}, true, FenceGroupOutput{true, true, false}, []string{alarmNotification}},
		{"opens and leaves other processes alone", []string{"AZRebalance", alarmNotification}, false, FenceGroupOutput{true, false, true}, []string{"AZRebalance"}},
		{"is open already", []string{"AZRebalance"}, false, FenceGroupOutput{false, false, false}, []string{"AZRebalance"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := steady(2)
			for _, name := range tt.before {
				a.group.SuspendedProcesses = append(a.group.SuspendedProcesses, asgtypes.SuspendedProcess{ProcessName: &name})
			}
			got, err := FenceGroup{a, a, testGroup}.Run(t.Context(), FenceGroupInput{Fenced: &tt.fenced})
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want || !slices.Equal(processNames(a), tt.after) || len(a.closed) > 0 {
				t.Errorf("%+v, suspended %v, closed %v", got, processNames(a), a.closed)
			}
		})
	}
}

func TestFenceGroupAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"SuspendProcesses", "ResumeProcesses"} {
		t.Run(op, func(t *testing.T) {
			a := steady(2)
			fenced := op == "SuspendProcesses"
			if !fenced {
				a.group.SuspendedProcesses = []asgtypes.SuspendedProcess{{ProcessName: new(alarmNotification)}}
			}
			a.lose[op] = true
			verb, in := FenceGroup{a, a, testGroup}, FenceGroupInput{Origin{"r1", true}, &fenced}
			_, err := verb.Run(t.Context(), in)
			wantName(t, err, fault.Unavailable)
			if len(a.closed) > 0 {
				t.Error("closed without an answer")
			}
			got, err := verb.Run(t.Context(), in)
			if err != nil || got.Changed || a.count(op) != 2 || !slices.Equal(a.closed, []string{"r1/fence-group"}) {
				t.Errorf("%+v, %v, %d calls, closed %v", got, err, a.count(op), a.closed)
			}
		})
	}
}

func TestFenceGroupRefuses(t *testing.T) {
	t.Parallel()
	a := steady(2)
	_, err := FenceGroup{a, a, "other"}.Run(t.Context(), FenceGroupInput{Fenced: new(true)})
	wantName(t, err, fault.Internal)
	a.fail["SuspendProcesses"] = &asgtypes.ResourceContentionFault{}
	_, err = FenceGroup{a, a, testGroup}.Run(t.Context(), FenceGroupInput{Fenced: new(true)})
	wantName(t, err, fault.Unavailable)
}
