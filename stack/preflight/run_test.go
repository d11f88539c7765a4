package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// change is a change of an environment's settings, as they stand in cdk.json.
type change func(e map[string]any)

// The ways in which an account can be set up; the example settings are the first.
var variants = map[string]change{
	"secrets": nil,
	"tokens": func(e map[string]any) {
		e["database"] = map[string]any{"host": "staging.example.us-east-1.rds.amazonaws.com", "name": "districtbuilder", "resourceId": "db-STAGING"}
		e["other"] = map[string]any{"database": map[string]any{"host": "production.example.org", "name": "districtbuilder", "resourceId": "cluster-PRODUCTION"}}
	},
	"public list": func(e map[string]any) {
		e["other"] = map[string]any{"regionsUrl": "https://example.org/api/region-configs"}
	},
}

// project makes a working directory with cdk.json, the built functions and the configured profile district-builder,
// whose calls go to the world, and enters it.
func project(t *testing.T, w *world, environment string, changes ...change) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(source, "stack", "template", "example.cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cdk map[string]any
	if err := json.Unmarshal(text, &cdk); err != nil {
		t.Fatal(err)
	}
	of := cdk["context"].(map[string]any)["dbops"].(map[string]any)[environment].(map[string]any)
	for _, c := range changes {
		if c != nil {
			c(of)
		}
	}
	if text, err = json.Marshal(cdk); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	t.Chdir(dir)
	put(t, "cdk.json", string(text))
	for _, action := range settings.SQLActions {
		put(t, filepath.Join("dist", action, caFile), authority(t))
	}
	put(t, "config", fmt.Sprintf("[profile district-builder]\nregion = us-east-1\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n"+
		"endpoint_url = %s\nmax_attempts = 1\n", server.URL))
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "none"), "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": "", "AWS_MAX_ATTEMPTS": "",
	} {
		t.Setenv(name, value)
	}
}

// source is the project's own directory.
var source = func() string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		panic(err)
	}
	return dir
}()

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// authority is a certificate in a PEM file.
func authority(t *testing.T) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	of := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true}
	der, err := x509.CreateCertificate(nil, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// look runs the command in the project and returns its screen.
func look(t *testing.T, environment string) (ready bool, screen string) {
	t.Helper()
	var out bytes.Buffer
	ready, err := run(t.Context(), &out, environment, "district-builder")
	if err != nil {
		t.Fatal(err)
	}
	return ready, out.String()
}

// line is a finding as the screen shows it.
type line struct{ mark, what, says string }

// read takes the screen apart: all its findings but what is not seen.
func read(screen string) []line {
	var found []line
	for text := range strings.Lines(screen) {
		rest, is := strings.CutPrefix(strings.TrimSuffix(text, "\n"), "  ")
		if !is || strings.HasPrefix(rest, "not seen") {
			continue
		}
		mark, rest, _ := strings.Cut(rest, " ")
		what, says, _ := strings.Cut(strings.TrimSpace(rest), ": ")
		found = append(found, line{mark, what, says})
	}
	return found
}
