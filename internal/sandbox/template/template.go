// Package template reads a synthesised CloudFormation template as the thing that it would make: functions, state machines,
// roles with their policies, rules, buckets, topics. Names and ARNs are those that the resources would have.
//
// It knows what the templates of this project hold. Whatever stands in a property that it reads and that it does not know
// is an error, which names the resource and the path.
package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
)

// Options are what a template leaves open.
type Options struct {
	Account, Region, Stack string
	// Parameters are values of the template's parameters. Those that are not given have their defaults.
	Parameters map[string]string
	// Name names a resource that the template leaves without a name, by its type and logical ID. nil takes the ID.
	Name func(kind, id string) string
	// Definition returns the text of a state machine whose template names the text instead of holding it.
	// nil means that all templates hold theirs.
	Definition func(name string) ([]byte, error)
}

// Template is what a template would make, each list in the order of the logical IDs.
type Template struct {
	Functions       []Function
	Machines        []Machine
	Roles           []Role
	ManagedPolicies []ManagedPolicy
	Rules           []Rule
	Buckets         []Bucket
	Topics          []Topic
	Queues          []Queue
	Alarms          []Alarm
	// Parameters are the values of SSM's parameters by name, Outputs those of the stack by key.
	Parameters, Outputs map[string]string
}

// resource is a resource as it is written.
type resource struct {
	Type       string
	Condition  string
	Properties map[string]any
}

// loader reads a template.
type loader struct {
	Options
	resources  map[string]resource
	parameters map[string]parameter
	outputs    map[string]struct{ Value any }
	naming     []string // resources whose name is being resolved
}

type parameter struct {
	Type    string
	Default any
}

// Load reads a template.
func Load(text []byte, o Options) (*Template, error) {
	var raw struct {
		Resources  map[string]resource
		Parameters map[string]parameter
		Outputs    map[string]struct{ Value any }
	}
	decode := json.NewDecoder(bytes.NewReader(text))
	decode.UseNumber()
	if err := decode.Decode(&raw); err != nil {
		return nil, fmt.Errorf("read a template: %w", err)
	}
	l := &loader{Options: o, resources: raw.Resources, parameters: raw.Parameters, outputs: raw.Outputs}
	if err := l.checkKinds(); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	t := &Template{}
	for _, read := range []func(*Template) error{
		l.managedPolicies, l.roles, l.functions, l.machines, l.rules, l.buckets, l.topics, l.queues, l.alarms, l.values,
	} {
		if err := read(t); err != nil {
			return nil, fmt.Errorf("template: %w", err)
		}
	}
	return t, nil
}

// checkKinds refuses types that give or take permissions in ways that are not read here.
func (l *loader) checkKinds() error {
	read := []string{"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
	for _, id := range slices.Sorted(maps.Keys(l.resources)) {
		kind := l.resources[id].Type
		if strings.HasPrefix(kind, "AWS::IAM::") && !slices.Contains(read, kind) || strings.HasSuffix(kind, "InlinePolicy") {
			return place{"resource " + id, "Type"}.err("%s is not supported", kind)
		}
	}
	return nil
}

// of returns the logical IDs of a type's resources.
func (l *loader) of(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(l.resources)) {
		if l.resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// each reads every resource of a type into a value of its own.
func each[P any](l *loader, kind string, use func(id string, properties P) error) error {
	for _, id := range l.of(kind) {
		var properties P
		if err := l.read(id, &properties); err != nil {
			return err
		}
		if err := use(id, properties); err != nil {
			return fmt.Errorf("resource %s: %w", id, err)
		}
	}
	return nil
}

// Role returns the role of that name.
func (t *Template) Role(name string) (Role, bool) {
	i := slices.IndexFunc(t.Roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return t.Roles[i], true
}

// PoliciesAt returns the policies attached to what a request is about: those of the bucket, topic, queue or function.
func (t *Template) PoliciesAt(arn string) iam.Policies {
	for _, b := range t.Buckets {
		if arn == b.ARN || strings.HasPrefix(arn, b.ARN+"/") {
			return b.Policies
		}
	}
	for _, topic := range t.Topics {
		if arn == topic.ARN {
			return topic.Policies
		}
	}
	for _, q := range t.Queues {
		if arn == q.ARN {
			return q.Policies
		}
	}
	for _, f := range t.Functions {
		if arn == f.ARN || strings.HasPrefix(arn, f.ARN+":") {
			return f.Policies
		}
	}
	return nil
}

func (l *loader) values(t *Template) error {
	t.Parameters, t.Outputs = map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(l.outputs)) {
		value, err := l.text(l.outputs[name].Value, place{"output " + name, "Value"})
		if err != nil {
			return err
		}
		t.Outputs[name] = value
	}
	return each(l, "AWS::SSM::Parameter", func(id string, p struct{ Value text }) error {
		name, err := l.name(id)
		t.Parameters[name] = string(p.Value)
		return err
	})
}
