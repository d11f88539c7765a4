package template

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"Staging", "Production"} {
		text, err := Text(environment)
		if err != nil || !strings.Contains(string(text), `"dbops-`+strings.ToLower(environment)+`-find-regions"`) {
			t.Errorf("%s: %d bytes, %v", environment, len(text), err)
		}
	}
	if _, err := Text("Development"); err == nil || !strings.Contains(err.Error(), "template of Development") {
		t.Errorf("error %v, want one that names the environment", err)
	}
}
