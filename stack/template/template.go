// Package template holds the synthesised templates, one an environment, as the test of package stack last wrote them,
// and reads what others need of them without the CDK: the sandbox takes its wiring from here.
//
// Three things are left out, because they are not the template's own: metadata, the hashes of the binaries (Code names
// the folder instead), and the text of the state machines (DefinitionString names the file instead).
package template

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed *.template.json
var files embed.FS

// Template is a CloudFormation template.
type Template struct {
	Resources map[string]Resource
}

// Resource is a resource of a template.
type Resource struct {
	Type       string
	Properties map[string]any
}

// Function is a Lambda function.
type Function struct {
	Name, Action string
	MemoryMB     int
	Timeout      time.Duration
	Variables    map[string]string
	Role         string
	InVPC        bool
	// Reserved is the reserved concurrency, 0 if none is.
	Reserved int
}

// Machine is a state machine: file in statemachines/, role, and an ARN for each placeholder.
type Machine struct {
	Name, File, Role string
	Substitutions    map[string]string
}

// Role is an IAM role with the statements of its policies.
type Role struct {
	Name       string
	Statements []Statement
}

// Statement is a statement of a role's policy. Policy is "calls" for what the role's code calls
// and "runtime" for what Lambda or Step Functions itself does with the role.
type Statement struct {
	Policy, Sid, Effect string
	Actions, Resources  []string
	// Conditions are values by operator and key.
	Conditions map[string]map[string][]string
}

// Text is the template of Staging or Production.
func Text(environment string) ([]byte, error) {
	text, err := files.ReadFile(strings.ToLower(environment) + ".template.json")
	if err != nil {
		return nil, fmt.Errorf("template of %s: %w", environment, err)
	}
	return text, nil
}

// Parse reads a template.
func Parse(text []byte) (Template, error) {
	var t Template
	if err := json.Unmarshal(text, &t); err != nil {
		return Template{}, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

// Load reads the template of Staging or Production.
func Load(environment string) (Template, error) {
	text, err := Text(environment)
	if err != nil {
		return Template{}, err
	}
	return Parse(text)
}

// of yields the resources of a type in the order of their IDs.
func (t Template) of(kind string) func(yield func(Resource) bool) {
	return func(yield func(Resource) bool) {
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			if r := t.Resources[id]; r.Type == kind && !yield(r) {
				return
			}
		}
	}
}

// Functions returns the Lambda functions.
func (t Template) Functions() []Function {
	var found []Function
	for r := range t.of("AWS::Lambda::Function") {
		p := r.Properties
		f := Function{
			Name: text(p["FunctionName"]), Action: strings.TrimPrefix(text(at(p, "Code", "Folder")), "dist/"),
			MemoryMB: number(p["MemorySize"]), Timeout: time.Duration(number(p["Timeout"])) * time.Second,
			Variables: map[string]string{}, Role: t.name(p["Role"]), InVPC: p["VpcConfig"] != nil, Reserved: number(p["ReservedConcurrentExecutions"]),
		}
		variables, _ := at(p, "Environment", "Variables").(map[string]any)
		for name, value := range variables {
			f.Variables[name] = text(value)
		}
		found = append(found, f)
	}
	return found
}

// Machines returns the state machines.
func (t Template) Machines() []Machine {
	var found []Machine
	for r := range t.of("AWS::StepFunctions::StateMachine") {
		m := Machine{Name: text(r.Properties["StateMachineName"]), File: text(r.Properties["DefinitionString"]),
			Role: t.name(r.Properties["RoleArn"]), Substitutions: map[string]string{}}
		given, _ := r.Properties["DefinitionSubstitutions"].(map[string]any)
		for placeholder, value := range given {
			m.Substitutions[placeholder] = t.name(value)
		}
		found = append(found, m)
	}
	return found
}

// Roles returns the IAM roles.
func (t Template) Roles() []Role {
	var found []Role
	for r := range t.of("AWS::IAM::Role") {
		role := Role{Name: text(r.Properties["RoleName"])}
		policies, _ := r.Properties["Policies"].([]any)
		for _, p := range policies {
			statements, _ := at(p, "PolicyDocument", "Statement").([]any)
			for _, s := range statements {
				role.Statements = append(role.Statements, statement(text(at(p, "PolicyName")), s))
			}
		}
		found = append(found, role)
	}
	return found
}

func statement(policy string, s any) Statement {
	conditions := map[string]map[string][]string{}
	given, _ := at(s, "Condition").(map[string]any)
	for operator, keys := range given {
		conditions[operator] = map[string][]string{}
		for key, values := range keys.(map[string]any) {
			conditions[operator][key] = texts(values)
		}
	}
	return Statement{Policy: policy, Sid: text(at(s, "Sid")), Effect: text(at(s, "Effect")),
		Actions: texts(at(s, "Action")), Resources: texts(at(s, "Resource")), Conditions: conditions}
}

// Patterns returns the event patterns of the EventBridge rules, as JSON, by the rule's name.
func (t Template) Patterns() map[string]string {
	found := map[string]string{}
	for r := range t.of("AWS::Events::Rule") {
		pattern, err := json.Marshal(r.Properties["EventPattern"])
		if err != nil {
			panic(err) // it was read from JSON
		}
		found[text(r.Properties["Name"])] = string(pattern)
	}
	return found
}
