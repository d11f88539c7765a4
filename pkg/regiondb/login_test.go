package regiondb

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// vault is Secrets Manager with one secret; each reading takes the next value, the last one for ever.
type vault struct {
	values []string
	reads  int
}

func (v *vault) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	value := v.values[min(v.reads, len(v.values)-1)]
	v.reads++
	return &secretsmanager.GetSecretValueOutput{SecretString: &value}, nil
}

// signer is a caller's credentials.
type signer struct{}

func (signer) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "signing-key", SessionToken: "session"}, nil
}

// needPasswords skips a test that needs a server which checks passwords: one that DATABASE_URL names may trust everyone.
func needPasswords(t *testing.T, db *Database) {
	t.Helper()
	guess := *db
	guess.login = fixed{server.User, "a guess"}
	if _, err := (otherDatabase{&guess}).uris(t.Context()); err == nil {
		t.Skip("the server of DATABASE_URL asks for no password")
	}
}

func TestSecretIsReadAgainAfterARotation(t *testing.T) {
	t.Parallel()
	db, _ := newDB(t)
	needPasswords(t, db)
	rotating := &vault{values: []string{secret(server.User, "the-old-password"), secret("", server.Password)}}
	db.login = secretLogin{rotating, "arn", server.User}
	if _, err := (otherDatabase{db}).uris(t.Context()); err != nil || rotating.reads != 2 {
		t.Errorf("uris: %v after %d readings; want success after 2", err, rotating.reads)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	token, err := tokenLogin{"db.example.org:5432", "us-east-1", "operator", signer{}}.token(t)
	if err != nil {
		t.Fatal(err)
	}
	made, _ := newDB(t)
	needPasswords(t, made)
	nobody := *made
	nobody.port = 1
	for name, tt := range map[string]struct {
		db     *Database
		secret string // of the Secrets Manager; empty: a token
		hidden []string
		want   fault.Name
	}{
		"a wrong password":    {made, secret(server.User, "hunter-two"), []string{"hunter-two"}, fault.Unavailable},
		"a secret not JSON":   {made, `hunter-two`, []string{"hunter"}, fault.Internal},
		"half a secret":       {made, `{"username":"hunter-two"`, []string{"hunter"}, fault.Internal},
		"no password":         {made, `{"pass":"hunter-two"}`, []string{"hunter"}, fault.Internal},
		"a token refused":     {made, "", []string{"X-Amz-Signature", "X-Amz-Credential", "signing-key", token[len(token)-20:]}, fault.Unavailable},
		"nobody there":        {&nobody, secret(server.User, "hunter-two"), []string{"hunter-two"}, fault.Unavailable},
		"nobody for a token":  {&nobody, "", []string{"X-Amz-Signature", "signing-key"}, fault.Unavailable},
		"password with a URL": {&nobody, secret("u", "a@b/c?d hunter"), []string{"hunter"}, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			change := map[string]string{}
			if tt.secret == "" {
				change["DATABASE_SECRET_ARN"] = ""
			}
			var logged bytes.Buffer
			env := lambdarun.Env{
				Log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
				AWS: account(t, tt.secret), Getenv: settings(tt.db, change),
			}
			handler, err := BumpVersionsAction(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			input, _ := json.Marshal(bumps(Moment{v1}, 1))
			_, err = handler(t.Context(), input)
			if got := errorType(err); got != string(tt.want) {
				t.Errorf("%s: %v; want %s", got, err, tt.want)
			}
			for _, text := range tt.hidden {
				if strings.Contains(err.Error(), text) || strings.Contains(logged.String(), text) {
					t.Errorf("%q is shown: %v\n%s", text, err, &logged)
				}
			}
		})
	}
}

func (l tokenLogin) token(t *testing.T) (string, error) {
	_, password, err := l.credentials(t.Context())
	return password, err
}

func TestTokenIsWhatRDSChecks(t *testing.T) {
	t.Parallel()
	env := lambdarun.Env{AWS: aws.Config{Region: "us-east-1", Credentials: signer{}}, Getenv: settings(
		&Database{host: "db.example.org", port: 5432, name: "x"}, map[string]string{"DATABASE_SECRET_ARN": "", "DATABASE_USER": "operator", "DATABASE_CA_FILE": ""})}
	db, err := newDatabase(env, "DATABASE_")
	if err != nil {
		t.Fatal(err)
	}
	config, err := db.config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if config.User != "operator" || config.TLSConfig.InsecureSkipVerify || config.TLSConfig.ServerName != "db.example.org" || config.Fallbacks != nil {
		t.Errorf("the connection is not as strict as it must be: %+v", config.TLSConfig)
	}
	token, err := url.Parse("https://" + config.Password)
	if err != nil {
		t.Fatal(err)
	}
	q := token.Query()
	if token.Host != "db.example.org:5432" || q.Get("Action") != "connect" || q.Get("DBUser") != "operator" ||
		q.Get("X-Amz-Expires") != "900" || q.Get("X-Amz-Security-Token") != "session" || !strings.Contains(q.Get("X-Amz-Credential"), "/us-east-1/rds-db/") {
		t.Errorf("the token is %s", token)
	}
}

func TestLongPasswordsAreNotCut(t *testing.T) {
	t.Parallel()
	db, conn := newDB(t)
	token, err := tokenLogin{"localhost:5432", "us-east-1", "iam", signer{}}.token(t)
	if err != nil {
		t.Fatal(err)
	}
	token += "&padding=" + strings.Repeat("x", 900) // session tokens make real ones over 1 KB long
	role := db.name + "_iam"
	for _, statement := range []string{
		"CREATE ROLE " + role + " LOGIN PASSWORD '" + token + "'", "GRANT SELECT ON region_config TO " + role,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_, err := conn.Exec(context.Background(), "REVOKE ALL ON region_config FROM "+role+"; DROP ROLE "+role)
		if err != nil {
			t.Error(err)
		}
	})
	db.login = fixed{role, token}
	if _, err := (otherDatabase{db}).uris(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheServerMustBeTheRightOne(t *testing.T) {
	t.Parallel()
	made, _ := newDB(t)
	t.Run("an authority that is not ours", func(t *testing.T) {
		db := *made
		db.roots = x509.NewCertPool()
		_, err := otherDatabase{&db}.uris(t.Context())
		if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) || nameOf(err) == fault.Unavailable {
			t.Errorf("uris: %v; want an unknown authority, not to be retried", err)
		}
	})
	t.Run("a name that is not the certificate's", func(t *testing.T) {
		db := *made
		db.host = "localhost.localdomain"
		config, err := db.config(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		config.Host = made.host // reach it all the same
		_, err = pgx.ConnectConfig(t.Context(), config)
		if wrong := new(x509.HostnameError); !errors.As(err, wrong) {
			t.Errorf("connect: %v; want a wrong host name", err)
		}
	})
	t.Run("a server without TLS gets no password", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		heard := make(chan []byte, 8)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				request := make([]byte, 8)
				_, _ = io.ReadFull(conn, request)
				_, _ = conn.Write([]byte{'N'})
				rest, _ := io.ReadAll(conn)
				heard <- rest
				conn.Close()
			}
		}()
		db := *made
		db.port = uint16(l.Addr().(*net.TCPAddr).Port)
		if _, err := (otherDatabase{&db}).uris(t.Context()); err == nil {
			t.Error("connected without TLS")
		}
		if rest := <-heard; len(rest) != 0 {
			t.Errorf("it sent %q after the refusal of TLS", rest)
		}
	})
}
