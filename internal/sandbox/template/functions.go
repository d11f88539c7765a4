package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Function is a Lambda function.
type Function struct {
	ID, Name, ARN string
	// Role is the name of the role that it runs with.
	Role         string
	Variables    map[string]string
	MemoryMB     int
	Timeout      time.Duration
	Architecture string
	// Reserved is the reserved concurrency, nil if there is none.
	Reserved *int
	InVPC    bool
	Aliases  []string
	// Policies say which services may invoke it.
	Policies iam.Policies
	// Asynchronous says what becomes of events, by alias or version.
	Asynchronous map[string]Asynchronous
}

// Asynchronous is how a function's events are tried again, and where they go when they fail.
type Asynchronous struct {
	MaxAge     time.Duration
	MaxRetries int
	OnFailure  string // ARN
}

type functionProperties struct {
	MemorySize, Timeout          number
	Role                         string
	Environment                  struct{ Variables map[string]text }
	Architectures                []string
	ReservedConcurrentExecutions *number
	VpcConfig                    *struct{ SubnetIds []string }
}

func (l *loader) functions(t *Template) error {
	err := each(l, "AWS::Lambda::Function", func(id string, p functionProperties) error {
		f := Function{ID: id, Role: roleName(p.Role), Variables: map[string]string{}, MemoryMB: 128, Timeout: 3 * time.Second, Architecture: "x86_64",
			InVPC: p.VpcConfig != nil && len(p.VpcConfig.SubnetIds) > 0, Asynchronous: map[string]Asynchronous{}}
		var err error
		if f.Name, f.ARN, err = l.nameAndARN(id); err != nil {
			return err
		}
		if _, ok := t.Role(f.Role); !ok {
			return fmt.Errorf("its role %q is not in the template", p.Role)
		}
		for name, value := range p.Environment.Variables {
			f.Variables[name] = string(value)
		}
		if p.MemorySize > 0 {
			f.MemoryMB = int(p.MemorySize)
		}
		if p.Timeout > 0 {
			f.Timeout = time.Duration(p.Timeout) * time.Second
		}
		if len(p.Architectures) > 0 {
			f.Architecture = p.Architectures[0]
		}
		if p.ReservedConcurrentExecutions != nil {
			reserved := int(*p.ReservedConcurrentExecutions)
			f.Reserved = &reserved
		}
		t.Functions = append(t.Functions, f)
		return nil
	})
	for _, add := range []func(*Template) error{l.aliases, l.invokers, l.asynchronous} {
		if err == nil {
			err = add(t)
		}
	}
	return err
}

// function finds the function of a name or ARN.
func (t *Template) function(nameOrARN string) (*Function, error) {
	name := functionName(nameOrARN)
	i := slices.IndexFunc(t.Functions, func(f Function) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("the function %s is not in the template", nameOrARN)
	}
	return &t.Functions[i], nil
}

func (l *loader) aliases(t *Template) error {
	return each(l, "AWS::Lambda::Alias", func(_ string, p struct{ Name, FunctionName, FunctionVersion string }) error {
		f, err := t.function(p.FunctionName)
		if err == nil {
			f.Aliases = append(f.Aliases, p.Name)
		}
		return err
	})
}

// invokers turns each permission into the statement that Lambda makes of it.
func (l *loader) invokers(t *Template) error {
	type properties struct{ Action, FunctionName, Principal, SourceArn, SourceAccount string }
	return each(l, "AWS::Lambda::Permission", func(id string, p properties) error {
		f, err := t.function(p.FunctionName)
		if err != nil {
			return err
		}
		kind, conditions := "AWS", map[string]any{}
		if strings.HasSuffix(p.Principal, ".amazonaws.com") {
			kind = "Service"
		}
		if p.SourceArn != "" {
			conditions["ArnLike"] = map[string]string{"AWS:SourceArn": p.SourceArn}
		}
		if p.SourceAccount != "" {
			conditions["StringEquals"] = map[string]string{"AWS:SourceAccount": p.SourceAccount}
		}
		document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Sid": id, "Effect": "Allow",
			"Action": p.Action, "Principal": map[string]string{kind: p.Principal}, "Resource": l.invoked(f, p.FunctionName), "Condition": conditions}})
		if err != nil {
			return err
		}
		policy, err := iam.Resource(id, document)
		f.Policies = append(f.Policies, policy)
		return err
	})
}

// invoked is the ARN that a permission is for: the function's or, if it names one, that of an alias.
func (l *loader) invoked(f *Function, nameOrARN string) string {
	if strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return f.ARN
}

func (l *loader) asynchronous(t *Template) error {
	type properties struct {
		FunctionName, Qualifier  string
		MaximumEventAgeInSeconds number
		MaximumRetryAttempts     number
		DestinationConfig        struct{ OnFailure struct{ Destination string } }
	}
	return each(l, "AWS::Lambda::EventInvokeConfig", func(_ string, p properties) error {
		f, err := t.function(p.FunctionName)
		if err == nil {
			f.Asynchronous[p.Qualifier] = Asynchronous{time.Duration(p.MaximumEventAgeInSeconds) * time.Second, int(p.MaximumRetryAttempts), p.DestinationConfig.OnFailure.Destination}
		}
		return err
	})
}

func (l *loader) nameAndARN(id string) (name, arn string, err error) {
	if name, err = l.name(id); err != nil {
		return "", "", err
	}
	arn, err = l.arn(id)
	return name, arn, err
}
