package template

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, v := range Variants {
		for _, environment := range []string{"Staging", "Production"} {
			text, err := v.Text(environment)
			if err != nil || !strings.Contains(string(text), `"dbops-`+strings.ToLower(environment)+`-find-regions"`) {
				t.Errorf("%s, %s: %d bytes, %v", environment, v, len(text), err)
			}
			if got := strings.Contains(string(text), "rds-db:connect"); got != (v == Alternative) {
				t.Errorf("%s, %s: IAM authentication is %t", environment, v, got)
			}
		}
	}
	if _, err := Example.Text("Development"); err == nil || !strings.Contains(err.Error(), "template of Development, example") {
		t.Errorf("error %v, want one that names the environment", err)
	}
}
