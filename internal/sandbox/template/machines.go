package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

// Machine is a state machine.
type Machine struct {
	ID, Name, ARN string
	// Role is the name of the role that it runs with.
	Role string
	// Definition is its text with the substitutions done.
	Definition []byte
	// Logs says that its events are written to a log.
	Logs bool
	// Substitutions are the values by placeholder.
	Substitutions map[string]string
}

func (l *loader) machines(t *Template) error {
	type properties struct {
		RoleArn, DefinitionString        string
		DefinitionSubstitutions          map[string]text
		Definition, DefinitionS3Location any
		LoggingConfiguration             struct{ Level string }
	}
	return each(l, "AWS::StepFunctions::StateMachine", func(id string, p properties) error {
		m := Machine{ID: id, Role: roleName(p.RoleArn), Logs: p.LoggingConfiguration.Level != "" && p.LoggingConfiguration.Level != "OFF", Substitutions: map[string]string{}}
		var err error
		if m.Name, m.ARN, err = l.nameAndARN(id); err != nil {
			return err
		}
		if _, ok := t.Role(m.Role); !ok {
			return fmt.Errorf("its role %q is not in the template", p.RoleArn)
		}
		if p.Definition != nil || p.DefinitionS3Location != nil || p.DefinitionString == "" {
			return errors.New("its definition is no DefinitionString")
		}
		for placeholder, value := range p.DefinitionSubstitutions {
			m.Substitutions[placeholder] = string(value)
		}
		definition, err := l.definition(p.DefinitionString)
		if err != nil {
			return err
		}
		if m.Definition, err = asl.Substitute(definition, m.Substitutions); err != nil {
			return fmt.Errorf("DefinitionSubstitutions: %w", err)
		}
		t.Machines = append(t.Machines, m)
		return nil
	})
}

// definition is a machine's text, or the one that it names.
func (l *loader) definition(written string) ([]byte, error) {
	switch {
	case strings.HasPrefix(strings.TrimSpace(written), "{"):
		return []byte(written), nil
	case l.Definition == nil:
		return nil, fmt.Errorf("DefinitionString %q is no definition", written)
	}
	return l.Definition(written)
}

// WaitsForMachines reports whether the machine starts executions of others and waits for their ends.
func (m Machine) WaitsForMachines() bool {
	return strings.Contains(string(m.Definition), "arn:aws:states:::states:startExecution.sync")
}
