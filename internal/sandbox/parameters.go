package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// parameterOperations serve the parameters of both templates as Systems Manager does.
func (a *Account) parameterOperations() operations {
	return operations{
		"GetParameter":        operation(a.apiParameter),
		"GetParameters":       operation(a.apiParameters),
		"GetParametersByPath": operation(a.apiParametersByPath),
	}
}

// parametersAtOnce is how many names a call may ask for, and how many parameters a page holds.
const parametersAtOnce = 10

// parameters are the values by name.
func (a *Account) parameters() map[string]string {
	values := map[string]string{}
	for _, e := range a.Environments {
		maps.Copy(values, e.template.Parameters)
	}
	return values
}

// deployedAt is when every parameter was written.
var deployedAt = time.Date(2021, 8, 12, 0, 0, 0, 0, time.UTC)

func parameterObject(name, value string) object {
	return object{
		"Name": name, "Type": "String", "Value": value, "Version": 1, "DataType": "text", "LastModifiedDate": seconds(deployedAt),
		"ARN": "arn:aws:ssm:" + AWSRegion + ":" + AccountID + ":parameter" + name,
	}
}

func (a *Account) apiParameter(_ *http.Request, in struct{ Name string }) (object, error) {
	value, ok := a.parameters()[in.Name]
	if !ok {
		return nil, &apiError{Code: "ParameterNotFound"} // the service has no message for it
	}
	return object{"Parameter": parameterObject(in.Name, value)}, nil
}

func (a *Account) apiParameters(_ *http.Request, in struct{ Names []string }) (object, error) {
	if len(in.Names) < 1 || len(in.Names) > parametersAtOnce {
		return nil, invalidParameter("names", fmt.Sprintf("%d; expected 1 to %d", len(in.Names), parametersAtOnce))
	}
	values := a.parameters()
	found, invalid := []object{}, []string{}
	for _, name := range in.Names {
		if value, ok := values[name]; ok {
			found = append(found, parameterObject(name, value))
		} else {
			invalid = append(invalid, name)
		}
	}
	return object{"Parameters": found, "InvalidParameters": invalid}, nil
}

// apiParametersByPath lists what lies below a path. A page's token is the last name before it.
func (a *Account) apiParametersByPath(_ *http.Request, in struct {
	Path, NextToken string
	Recursive       bool
	MaxResults      int
}) (object, error) {
	if !strings.HasPrefix(in.Path, "/") {
		return nil, invalidParameter("path", fmt.Sprintf("%q; expected one that begins with /", in.Path))
	}
	if in.MaxResults < 0 || in.MaxResults > parametersAtOnce {
		return nil, invalidParameter("maxResults", fmt.Sprintf("%d; expected 1 to %d", in.MaxResults, parametersAtOnce))
	}
	limit := in.MaxResults
	if limit == 0 {
		limit = parametersAtOnce
	}
	values := a.parameters()
	answer, found := object{}, []object{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		rest, below := strings.CutPrefix(name, strings.TrimSuffix(in.Path, "/")+"/")
		if !below || !in.Recursive && strings.Contains(rest, "/") || name <= in.NextToken {
			continue
		}
		if len(found) == limit {
			answer["NextToken"] = found[limit-1]["Name"]
			break
		}
		found = append(found, parameterObject(name, values[name]))
	}
	answer["Parameters"] = found
	return answer, nil
}

func invalidParameter(field, what string) error {
	return &apiError{Code: "ValidationException", Message: field + ": " + what}
}
