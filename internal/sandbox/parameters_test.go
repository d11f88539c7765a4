package sandbox

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func TestParametersAreThoseOfTheTemplates(t *testing.T) {
	account := newTrial(t, func(o *Options) { o.Bubble = false }).account
	client := ssm.NewFromConfig(account.config("operator"))
	const machine = "/dbops/production/machines/restart-services"
	arn := "arn:aws:states:us-east-1:111122223333:stateMachine:dbops-production-restart-services"

	one, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(machine)})
	if err != nil || aws.ToString(one.Parameter.Value) != arn || one.Parameter.Type != types.ParameterTypeString {
		t.Errorf("GetParameter = %+v, %v; want %s", one, err, arn)
	}
	var missing *types.ParameterNotFound
	if _, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/dbops/nowhere")}); !errors.As(err, &missing) {
		t.Errorf("a missing parameter: %v; want ParameterNotFound", err)
	}
	some, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/dbops/nowhere", machine}})
	if err != nil || len(some.Parameters) != 1 || aws.ToString(some.Parameters[0].Value) != arn || !slices.Equal(some.InvalidParameters, []string{"/dbops/nowhere"}) {
		t.Errorf("GetParameters = %+v, %v; want one found and one invalid", some, err)
	}
	var refused smithy.APIError
	if _, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: make([]string, 11)}); !errors.As(err, &refused) || refused.ErrorCode() != "ValidationException" {
		t.Errorf("11 names: %v; want ValidationException", err)
	}
}

func TestParametersByPathComeInPages(t *testing.T) {
	account := newTrial(t, func(o *Options) { o.Bubble = false }).account
	client := ssm.NewFromConfig(account.config("operator"))
	want := account.Environments["Staging"].template.Parameters
	for _, path := range []string{"/dbops/staging", "/dbops/staging/"} {
		got, pages := map[string]string{}, 0
		each := ssm.NewGetParametersByPathPaginator(client, &ssm.GetParametersByPathInput{Path: &path, Recursive: aws.Bool(true), MaxResults: aws.Int32(3)})
		for each.HasMorePages() {
			page, err := each.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, p := range page.Parameters {
				got[aws.ToString(p.Name)] = aws.ToString(p.Value)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || pages != (len(want)+2)/3 {
			t.Errorf("%s: %d pages, want %d; %s", path, pages, (len(want)+2)/3, diff)
		}
	}
	flat, err := client.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/dbops/staging")})
	if err != nil {
		t.Fatal(err)
	}
	top := 0
	for name := range maps.Keys(want) {
		if strings.Count(name, "/") == 3 {
			top++
		}
	}
	if len(flat.Parameters) != top || top == 0 {
		t.Errorf("%d parameters right below the path, want %d", len(flat.Parameters), top)
	}
	if _, err := client.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("dbops")}); err == nil {
		t.Error("a path without its slash was taken")
	}
}
