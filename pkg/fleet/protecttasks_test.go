package fleet

import (
	"slices"
	"strings"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

func arns(from, to int) []string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, taskARN(i))
	}
	return list
}

func protectedNow(a *account) []string {
	list := []string{}
	for arn, is := range a.protected {
		if is {
			list = append(list, arn)
		}
	}
	slices.Sort(list)
	return list
}

func TestProtectTasks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		before  []string // protected
		in      ProtectTasksInput
		after   []string
		changed int
		updates int
	}{
		{"in batches of ten", nil, ProtectTasksInput{Tasks: arns(0, 23), Protected: new(true)}, arns(0, 23), 23, 3},
		{"again starts the time anew", arns(0, 2), ProtectTasksInput{Tasks: arns(0, 3), Protected: new(true)}, arns(0, 3), 1, 1},
		{"exactly these: others lose it first", arns(0, 4), ProtectTasksInput{Tasks: arns(2, 6), Protected: new(true)}, arns(2, 6), 4, 2},
		{"one is gone, which is allowed", nil, ProtectTasksInput{Tasks: append(arns(0, 2), taskARN(99)), Protected: new(true), SkipGone: true}, arns(0, 2), 2, 1},
		{"off, only what is protected", arns(0, 3), ProtectTasksInput{Tasks: arns(2, 9), Protected: new(false)}, arns(0, 2), 1, 1},
		{"off, one is gone", arns(0, 2), ProtectTasksInput{Tasks: append(arns(0, 2), taskARN(99)), Protected: new(false)}, []string{}, 2, 1},
		{"all off", arns(3, 20), ProtectTasksInput{All: true, Protected: new(false)}, []string{}, 17, 2},
		{"all off, none is on", nil, ProtectTasksInput{All: true, Protected: new(false)}, []string{}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := steady(23)
			for _, arn := range tt.before {
				a.protected[arn] = true
			}
			got, err := ProtectTasks{a, a, testCluster, testService}.Run(t.Context(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(protectedNow(a), tt.after) || got.Changed != tt.changed || a.count("UpdateTaskProtection") != tt.updates {
				t.Errorf("%d changed, %d updates, protected %v", got.Changed, a.count("UpdateTaskProtection"), protectedNow(a))
			}
			if *tt.in.Protected != (len(got.Protected) > 0) || got.Protected == nil {
				t.Errorf("answer: %v", got.Protected)
			}
		})
	}
}

func TestProtectTasksAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for _, in := range []ProtectTasksInput{
		{Origin: Origin{"r1", false}, Tasks: arns(0, 12), Protected: new(true)},
		{Origin: Origin{"r1", true}, All: true, Protected: new(false)},
	} {
		a := steady(12)
		if !*in.Protected {
			for _, arn := range arns(0, 12) {
				a.protected[arn] = true
			}
		}
		a.lose["UpdateTaskProtection"] = true
		verb := ProtectTasks{a, a, testCluster, testService}
		_, err := verb.Run(t.Context(), in)
		wantName(t, err, fault.Unavailable)
		if len(a.closed) > 0 {
			t.Error("closed without an answer")
		}
		if _, err = verb.Run(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		want := 12
		if !*in.Protected {
			want = 0
		}
		if n := len(protectedNow(a)); n != want || len(a.closed) > 0 != in.Undo {
			t.Errorf("%d protected, want %d; closed %v", n, want, a.closed)
		}
	}
}

func TestProtectTasksRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		protected bool
		refuse    string
		fail      error
		want      fault.Name
		text      string
	}{
		{"deployment blocked", true, "DEPLOYMENT_BLOCKED", nil, fault.ProtectionRefused, "DEPLOYMENT_BLOCKED"},
		{"task is gone", true, "MISSING", nil, fault.ProtectionRefused, "MISSING"},
		{"not a service's task", true, "TASK_NOT_VALID", nil, fault.ProtectionRefused, taskARN(1)},
		{"neither confirmed nor refused", true, "silent", nil, fault.ProtectionRefused, "not confirmed"},
		{"old agent", true, "", &ecstypes.UnsupportedFeatureException{}, fault.ProtectionRefused, "1.65.0"},
		{"invalid", true, "", &ecstypes.InvalidParameterException{}, fault.ProtectionRefused, "1.65.0"},
		{"lifting is blocked", false, "DEPLOYMENT_BLOCKED", nil, fault.ProtectionRefused, "DEPLOYMENT_BLOCKED"},
		{"lifting is invalid", false, "", &ecstypes.InvalidParameterException{}, fault.Internal, ""},
		{"throttled", true, "", throttled, fault.Unavailable, "Rate exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := steady(3)
			a.protected[taskARN(1)] = !tt.protected
			if tt.refuse != "" {
				a.refuse[taskARN(1)] = tt.refuse
			}
			if tt.fail != nil {
				a.fail["UpdateTaskProtection"] = tt.fail
			}
			_, err := ProtectTasks{a, a, testCluster, testService}.Run(t.Context(), ProtectTasksInput{Origin: Origin{"r1", true}, Tasks: arns(0, 3), Protected: &tt.protected})
			wantName(t, err, tt.want)
			if !strings.Contains(err.Error(), tt.text) || len(a.closed) > 0 {
				t.Errorf("%v, closed %v", err, a.closed)
			}
		})
	}
}

func TestProtectTasksHasNothingToKeepWhenAllAreGone(t *testing.T) {
	t.Parallel()
	a := steady(3)
	got, err := ProtectTasks{a, a, testCluster, testService}.Run(t.Context(), ProtectTasksInput{Tasks: arns(90, 92), Protected: new(true), SkipGone: true})
	if err != nil || got.Protected == nil || len(got.Protected) > 0 || a.count("UpdateTaskProtection") > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestProtectTasksClosesTheStepThatItUndoes(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]ProtectTasksInput{
		"":                 {Origin: Origin{"r1", true}, Tasks: arns(0, 2), Protected: new(true)}, // lapses
		"r1/protect-tasks": {Origin: Origin{"r1", true}, All: true, Protected: new(false)},
	} {
		a := steady(3)
		if _, err := (ProtectTasks{a, a, testCluster, testService}).Run(t.Context(), in); err != nil || strings.Join(a.closed, " ") != want {
			t.Errorf("closed %v, %v; want %q", a.closed, err, want)
		}
	}
}
