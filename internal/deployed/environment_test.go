package deployed

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
)

// store is Systems Manager with some parameters.
type store struct {
	values map[string]string
	err    error
	asked  [][]string
}

func (s *store) GetParameters(_ context.Context, in *ssm.GetParametersInput, _ ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	s.asked = append(s.asked, in.Names)
	out := &ssm.GetParametersOutput{}
	for _, name := range in.Names {
		if value, ok := s.values[name]; ok {
			out.Parameters = append(out.Parameters, ssmtypes.Parameter{Name: &name, Value: &value})
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, s.err
}

func parametersOf(environment string) map[string]string {
	path, prefix := "/dbops/"+environment+"/", "dbops-"+environment+"-"
	return map[string]string{
		path + "function-prefix": prefix, path + "state-bucket": prefix + "state", path + "dashboard": "https://" + environment,
		path + "machines/update-regions": prefixARN + "stateMachine:" + prefix + "update-regions", path + "machines/restart-services": prefixARN + "stateMachine:" + prefix + "restart-services",
	}
}

func TestFind(t *testing.T) {
	for _, name := range Environments() {
		s := &store{values: parametersOf(name)}
		e, err := Find(t.Context(), s, name)
		if err != nil {
			t.Fatal(err)
		}
		prefix := "dbops-" + name + "-"
		want := Environment{Name: name, FunctionPrefix: prefix, StateBucket: prefix + "state", Dashboard: "https://" + name, Machines: map[string]string{
			UpdateRegions: prefixARN + "stateMachine:" + prefix + "update-regions", RestartServices: prefixARN + "stateMachine:" + prefix + "restart-services"}}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
		if len(s.asked) != 1 || len(s.asked[0]) > 10 {
			t.Errorf("asked for %v; want one call for at most 10 names", s.asked)
		}
	}
}

func TestFindSaysWhatIsMissing(t *testing.T) {
	partly := parametersOf("staging")
	delete(partly, "/dbops/staging/machines/restart-services")
	tests := []struct {
		name, environment string
		s                 *store
		says              []string
	}{
		{"another environment", "qa", &store{}, []string{`"qa"`, "staging, production"}},
		{"nothing is deployed", "production", &store{values: parametersOf("staging")}, []string{"/dbops/production/machines/update-regions", "make deploy ENV=production", "profile and region"}},
		{"one is missing", "staging", &store{values: partly}, []string{"no parameter /dbops/staging/machines/restart-services;"}},
		{"access is denied", "staging", &store{err: errors.New("AccessDenied")}, []string{"AccessDenied", "staging"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Find(t.Context(), tt.s, tt.environment)
			for _, says := range tt.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("error = %v; want one with %q", err, says)
				}
			}
		})
	}
}

func TestResolve(t *testing.T) {
	s := newStates()
	for _, arn := range []string{updateARN, restartARN, aloneARN, executionARN(staging().Machines[UpdateRegions], "same"), executionARN(staging().Machines[RestartServices], "same")} {
		s.statuses[arn] = types.ExecutionStatusRunning
	}
	tests := []struct{ name, given, want, says string }{
		{"a name", "update-1", updateARN, ""},
		{"a restart's name", "restart-1", aloneARN, ""},
		{"an ARN", restartARN, restartARN, ""},
		{"a name of both", "same", "", "update-regions:same, " + prefixARN},
		{"an unknown name", "nothing", "", "no execution nothing; dbops status --env staging"},
		{"an unknown ARN", updateARN + "x", "", "no execution"},
		{"an ARN of the other environment", strings.Replace(updateARN, "staging", "production", 1), "", "give its environment by --env"},
		{"an ARN of another kind", staging().Machines[UpdateRegions], "", "of none of staging's"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Resolve(t.Context(), s, staging(), tt.given)
			if got != tt.want || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q, %v; want %q, %q", got, err, tt.want, tt.says)
			}
		})
	}
	if !slices.Equal([]string{RunName(updateARN), RunName("update-1")}, []string{"update-1", "update-1"}) {
		t.Error("a run's name is not the execution's")
	}
}

func TestStart(t *testing.T) {
	s := newStates()
	for range 2 { // the second as after a lost answer
		arn, err := Start(t.Context(), s, staging(), RestartServices, "restart-1", "{}")
		if err != nil || arn != aloneARN || len(s.inputs) != 1 {
			t.Fatalf("%s, %v, %d executions", arn, err, len(s.inputs))
		}
	}
	if _, err := Start(t.Context(), s, staging(), RestartServices, "restart-1", `{"reason":"other"}`); err == nil || !strings.Contains(err.Error(), "start again") {
		t.Errorf("a name that is taken: %v", err)
	}
	s.refuses = throttled()
	if _, err := Start(t.Context(), s, staging(), UpdateRegions, "update-1", `{}`); err == nil || !strings.Contains(err.Error(), "dbops status --env staging") {
		t.Errorf("an answer that was lost: %v; want where to look", err)
	}
}
