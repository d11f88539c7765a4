package regiondb

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// settings are those of a function that works on the database, with a password in a secret.
func settings(db *Database, change map[string]string) func(string) string {
	set := map[string]string{
		"ENVIRONMENT": "Staging", "DATABASE_HOST": db.host, "DATABASE_PORT": strconv.Itoa(int(db.port)), "DATABASE_NAME": db.name,
		"DATABASE_USER": server.User, "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
		"DATABASE_CA_FILE": server.CAFile, "OTHER_ENVIRONMENT": "none",
	}
	for name, value := range change {
		set[name] = value
	}
	return func(name string) string { return set[name] }
}

// account answers GetSecretValue as Secrets Manager does.
func account(t *testing.T, secret string) aws.Config {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": secret})
	}))
	t.Cleanup(api.Close)
	return aws.Config{Region: "us-east-1", BaseEndpoint: &api.URL, Credentials: signer{}}
}

func errorType(err error) string {
	text, _ := json.Marshal(err)
	var named struct {
		Type string `json:"errorType"`
	}
	_ = json.Unmarshal(text, &named)
	return named.Type
}

func TestActionsWithASecret(t *testing.T) {
	t.Parallel()
	db, conn := newDB(t)
	texas(t, conn)
	env := lambdarun.Env{Now: time.Now, Log: slog.New(slog.DiscardHandler), Getenv: settings(db, nil), AWS: account(t, secret(server.User, server.Password))}
	for _, tt := range []struct {
		build       lambdarun.Build
		input, says string
	}{
		{FindRegionsAction, `{"regions":[{"uri":"s3://bucket/TX/1/","source":"s3://uploads/1/"}],"dryRun":true,"reason":"new data","run":"r1"}`, `"id":"` + id(1)},
		{BumpVersionsAction, `{"run":"r1","regions":[{"id":"` + id(1) + `","version":"2021-08-12T21:42:38.86Z"}],"at":"2026-11-22T20:04:05.123Z"}`, `"new":"2026-11-22T20:04:05.123Z","changed":true`},
		{SetRegionURIAction, `{"id":"` + id(1) + `","uri":"s3://bucket/TX/5/","expect":"s3://bucket/TX/1/"}`, `"changed":true`},
	} {
		handler, err := tt.build(t.Context(), env)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := handler(t.Context(), []byte(tt.input)); err != nil || !strings.Contains(string(out), tt.says) {
			t.Errorf("%s answers %s, %v; want %s", tt.input, out, err, tt.says)
		}
	}
}

func TestSettingsAreCheckedAtTheStart(t *testing.T) {
	t.Parallel()
	db := &Database{host: "localhost", port: 5432, name: "x"}
	broken := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]map[string]string{
		"no host":                {"DATABASE_HOST": ""},
		"a port that is none":    {"DATABASE_PORT": "many"},
		"port 0":                 {"DATABASE_PORT": "0"},
		"no environment":         {"ENVIRONMENT": ""},
		"no file of authorities": {"DATABASE_CA_FILE": broken + ".missing"},
		"no certificate in it":   {"DATABASE_CA_FILE": broken},
		"no other environment":   {"OTHER_ENVIRONMENT": ""},
		"another word than none": {"OTHER_ENVIRONMENT": "production"},
		"two other environments": {"OTHER_REGIONS_URL": "https://example.org/api/region-configs"},
		"a list without TLS":     {"OTHER_ENVIRONMENT": "", "OTHER_REGIONS_URL": "http://example.org/api/region-configs"},
		"half another database":  {"OTHER_ENVIRONMENT": "", "OTHER_DATABASE_HOST": "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := FindRegionsAction(t.Context(), lambdarun.Env{Getenv: settings(db, change)}); err == nil {
				t.Error("it starts")
			}
		})
	}
	change := map[string]string{"OTHER_ENVIRONMENT": "", "OTHER_REGIONS_URL": "https://example.org/api/region-configs"}
	if _, err := FindRegionsAction(t.Context(), lambdarun.Env{Getenv: settings(db, change)}); err != nil {
		t.Errorf("with a public list: %v", err)
	}
}
