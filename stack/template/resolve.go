package template

import "fmt"

// name resolves a value to a literal, or to the name of what it refers to: a role, or a function with its alias
// as Lambda's Invoke takes it, "<function>:<alias>".
func (t Template) name(v any) string {
	if literal, ok := v.(string); ok {
		return literal
	}
	id := text(at(v, "Ref"))
	if attribute, ok := at(v, "Fn::GetAtt").([]any); ok && len(attribute) == 2 {
		id = text(attribute[0])
	}
	r := t.Resources[id]
	switch r.Type {
	case "AWS::IAM::Role":
		return text(r.Properties["RoleName"])
	case "AWS::Lambda::Function":
		return text(r.Properties["FunctionName"])
	case "AWS::Lambda::Alias":
		return t.name(r.Properties["FunctionName"]) + ":" + text(r.Properties["Name"])
	}
	return fmt.Sprintf("unresolved %v", v)
}

// at walks down nested objects.
func at(v any, path ...string) any {
	for _, step := range path {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	return v
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int {
	n, _ := v.(float64)
	return int(n)
}

// texts reads what may be one text or a list of them.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, text(one))
		}
		return all
	}
	return nil
}
