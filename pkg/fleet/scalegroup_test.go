package fleet

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

// withSpares is a group of 2 busy hosts and some spare ones; desired counts them all.
func withSpares(spares int) *account {
	a := steady(2)
	for i := range spares {
		a.addHost(10+i, 0)
	}
	a.group.DesiredCapacity = aws.Int32(int32(2 + spares))
	return a
}

func terminating(a *account) []string {
	ids := []string{}
	for _, i := range a.group.Instances {
		if i.LifecycleState == asgtypes.LifecycleStateTerminating {
			ids = append(ids, *i.InstanceId)
		}
	}
	return ids
}

func scaleGroup(a *account) ScaleGroup { return ScaleGroup{a, a, a, testGroup, testCluster} }

func TestScaleGroup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		spares  int
		change  func(*account)
		desired *int
		want    ScaleGroupOutput
		gone    []string
	}{
		{"to the maximum", 0, nil, nil, ScaleGroupOutput{2, 5, true, true, ""}, nil},
		{"up to a number", 0, nil, new(4), ScaleGroupOutput{2, 4, true, true, ""}, nil},
		{"there already", 2, nil, new(4), ScaleGroupOutput{4, 4, false, true, ""}, nil},
		{"down, idle ones only", 3, nil, new(2), ScaleGroupOutput{5, 2, true, true, ""}, []string{hostID(10), hostID(11), hostID(12)}},
		{"down, no more than needed", 3, nil, new(4), ScaleGroupOutput{5, 4, true, true, ""}, []string{hostID(10)}},
		{"down, one is busy", 2, func(a *account) { a.hosts[2].RunningTasksCount = 1 }, new(2), ScaleGroupOutput{4, 3, true, false, "run tasks"}, []string{hostID(11)}},
		{"down, a task is coming", 2, func(a *account) { a.hosts[2].PendingTasksCount = 1 }, new(2), ScaleGroupOutput{4, 3, true, false, "run tasks"}, []string{hostID(11)}},
		{"down, one is not registered", 2, func(a *account) { a.hosts = a.hosts[:3] }, new(2), ScaleGroupOutput{4, 3, true, false, "not registered"}, []string{hostID(10)}},
		{"down, one is draining in the cluster", 1, func(a *account) { a.hosts[2].Status = aws.String("DRAINING") }, new(2), ScaleGroupOutput{3, 3, false, false, "run tasks"}, nil},
		{"down, one is protected", 1, func(a *account) { a.group.Instances[2].ProtectedFromScaleIn = aws.Bool(true) }, new(2), ScaleGroupOutput{3, 3, false, false, "protected"}, nil},
		{"down, one is starting", 1, func(a *account) { a.group.Instances[2].LifecycleState = asgtypes.LifecycleStatePending }, new(2), ScaleGroupOutput{3, 3, false, false, "not registered"}, nil},
		{"down, one is not launched yet", 1, func(a *account) { a.group.DesiredCapacity = aws.Int32(4) }, new(2), ScaleGroupOutput{4, 3, true, false, "to be launched"}, []string{hostID(10)}},
		{"down, the read desired capacity is stale", 2, func(a *account) { a.group.Instances[2].LifecycleState = asgtypes.LifecycleStateTerminating }, new(3), ScaleGroupOutput{4, 4, false, false, "to be launched"}, []string{hostID(10)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := withSpares(tt.spares)
			if tt.change != nil {
				tt.change(a)
			}
			got, err := scaleGroup(a).Run(t.Context(), ScaleGroupInput{Origin{"r1", true}, tt.desired})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.Why, tt.want.Why) || got.Done != (got.Why == "") {
				t.Errorf("why = %q, want %q", got.Why, tt.want.Why)
			}
			got.Why, tt.want.Why = "", ""
			if got != tt.want || !slices.Equal(terminating(a), tt.gone) {
				t.Errorf("%+v, terminating %v", got, terminating(a))
			}
			if closed := len(a.closed) == 1; closed != got.Done {
				t.Errorf("done %t, closed %v", got.Done, a.closed)
			}
		})
	}
}

func TestScaleGroupAfterALostAnswer(t *testing.T) {
	t.Parallel()
	t.Run("raising", func(t *testing.T) {
		a := withSpares(0)
		a.lose["SetDesiredCapacity"] = true
		_, err := scaleGroup(a).Run(t.Context(), ScaleGroupInput{})
		wantName(t, err, fault.Unavailable)
		got, err := scaleGroup(a).Run(t.Context(), ScaleGroupInput{})
		if err != nil || got.Changed || !got.Done || got.Desired != 5 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("lowering takes none too many", func(t *testing.T) {
		a := withSpares(3)
		a.lose["TerminateInstanceInAutoScalingGroup"] = true
		in := ScaleGroupInput{Origin{"r1", true}, new(3)}
		_, err := scaleGroup(a).Run(t.Context(), in)
		wantName(t, err, fault.Unavailable)
		got, err := scaleGroup(a).Run(t.Context(), in)
		if err != nil || !got.Done || *a.group.DesiredCapacity != 3 || !slices.Equal(terminating(a), []string{hostID(10), hostID(11)}) {
			t.Errorf("%+v, %v, terminating %v", got, err, terminating(a))
		}
		if got, err = scaleGroup(a).Run(t.Context(), in); err != nil || got.Changed || !got.Done {
			t.Errorf("a further call: %+v, %v", got, err)
		}
	})
}

func TestScaleGroupRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		desired int
		fail    map[string]error
		want    fault.Name
	}{
		{"above the maximum", 6, nil, fault.OutsideGroupLimits},
		{"below the minimum", 1, nil, fault.OutsideGroupLimits},
		{"the maximum was lowered meanwhile", 5, map[string]error{"SetDesiredCapacity": &smithy.GenericAPIError{Code: "ValidationError", Message: "above max value"}}, fault.OutsideGroupLimits},
		{"an activity is in progress", 5, map[string]error{"SetDesiredCapacity": &asgtypes.ScalingActivityInProgressFault{}}, fault.Unavailable},
		{"contention while lowering", 2, map[string]error{"TerminateInstanceInAutoScalingGroup": &asgtypes.ResourceContentionFault{}}, fault.Unavailable},
		{"hosts cannot be read", 2, map[string]error{"ListContainerInstances": throttled}, fault.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := withSpares(2)
			if tt.fail != nil {
				a.fail = tt.fail
			}
			_, err := scaleGroup(a).Run(t.Context(), ScaleGroupInput{Origin{"r1", true}, &tt.desired})
			wantName(t, err, tt.want)
			if *a.group.DesiredCapacity != 4 || len(terminating(a)) > 0 || len(a.closed) > 0 {
				t.Error("changed or closed after a refusal")
			}
		})
	}
}
