package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

func TestLeastVersion(t *testing.T) {
	rule := func(list string) string {
		return `{"Rules":{"CheckBootstrapVersion":{"Assertions":[{"Assert":{"Fn::Not":[{"Fn::Contains":[` + list + `,{"Ref":"BootstrapVersion"}]}]}}]}}}`
	}
	tests := []struct {
		name, template string
		least          int
		err            string
	}{
		{"as the CDK writes it", rule(`["1","2","3","4","5"]`), 6, ""},
		{"a later CDK", rule(`["1","2","3","4","5","6","7"]`), 8, ""},
		{"no rule", `{}`, 0, "CheckBootstrapVersion is not as the CDK writes it"},
		{"another rule", rule(`{"Ref":"X"}`), 0, "CheckBootstrapVersion"},
		{"no template", ``, 0, "read the template"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			least, err := leastVersion([]byte(tt.template))
			if least != tt.least || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("least %d, error %v, want %d, %q", least, err, tt.least, tt.err)
			}
		})
	}
}

func TestTheQualifierIsTheOneOfTheCDKsContext(t *testing.T) {
	for _, environment := range []string{settings.Staging, settings.Production} {
		if d, err := demandOf(environment, nil); err != nil || d != (demand{"hnb659fds", 6}) {
			t.Errorf("%s: %+v, %v", environment, d, err)
		}
	}
	w := newWorld()
	project(t, w, "Staging")
	text, err := os.ReadFile("cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var cdk map[string]any
	if err := json.Unmarshal(text, &cdk); err != nil {
		t.Fatal(err)
	}
	cdk["context"].(map[string]any)[qualifierKey] = "mine"
	if text, err = json.Marshal(cdk); err != nil {
		t.Fatal(err)
	}
	put(t, "cdk.json", string(text))
	_, screen := look(t, "staging")
	for _, want := range []string{"CDK bootstrap mine: there is none", `BOOTSTRAP_OPTIONS="--qualifier mine"`, "there is no cdk-mine-assets-111122223333-us-east-1"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen lacks %q:\n%s", want, screen)
		}
	}
}

// TestTheCommandIsTheMakefiles: the bootstrap that is suggested is one that the Makefile makes.
func TestTheCommandIsTheMakefiles(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(source, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nbootstrap: ", "$(BOOTSTRAP_OPTIONS)", "\nPROFILE   ?= " + usualProfile + "\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the Makefile lacks %q", want)
		}
	}
	p := preflight{settings: settings.Environment{Name: settings.Production}, profile: usualProfile, bootstrap: demand{ownQualifier, 6}}
	if got, want := p.bootstrapCommand(), "make bootstrap ENV=production"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p.profile = ""
	if got, want := p.bootstrapCommand(), "make bootstrap ENV=production PROFILE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
