package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
)

// list adds a region to the other environment.
func (tr *trial) list(r postgres.Region) {
	tr.t.Helper()
	r.CountryCode = "US"
	if _, err := postgres.InsertRegion(tr.t.Context(), tr.account.other(tr.env).DB, r); err != nil {
		tr.t.Fatal(err)
	}
}

// TestSharedDataIsSeenInThePublicList: the other environment's application tells of visible regions, and of no others.
func TestSharedDataIsSeenInThePublicList(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, secured, func(o *Options) { o.Bubble, o.Clock = false, asl.RealClock{} })
	tr.list(postgres.Region{Name: "Delaware", RegionCode: "DE", URI: tr.regions[0].URI.String()})
	tr.list(postgres.Region{Name: "Rhode Island", RegionCode: "RI", URI: tr.regions[1].URI.String(), Hidden: true})
	find := func(r Region) error {
		f, _ := tr.account.functionNamed(tr.env.Prefix() + "find-regions")
		_, err := tr.account.invoke(f, fmt.Appendf(nil, `{"regions":[{"uri":%q,"source":"s3://uploads/1/"}]}`, r.URI))
		return err
	}
	var failed *FunctionError
	if err := find(tr.regions[0]); !errors.As(err, &failed) || failed.Type != "SharedURI" {
		t.Errorf("a region that is visible there: %v; want SharedURI", err)
	}
	if err := find(tr.regions[1]); err != nil {
		t.Errorf("a region that is hidden there: %v", err)
	}
}

// TestAccountsLeaveNoFiles: the authorities of the databases are in a file while the account runs.
func TestAccountsLeaveNoFiles(t *testing.T) {
	t.Parallel()
	o := options(t)
	secured(&o)
	account, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(account.caFile); err != nil {
		t.Error(err)
	}
	if err := account.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(account.caFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: %v", err)
	}
}

// TestTokensAreForOneDatabase: a function's role permits one login of one database, whatever the function signs.
func TestTokensAreForOneDatabase(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, secured)
	other := tr.account.other(tr.env)
	for _, tt := range []struct {
		name, principal, user string
		database              *Environment
		permitted             bool
	}{
		{"its own login", "dbops-staging-bump-versions", "dbops_bump_versions", tr.env, true},
		{"another's login", "dbops-staging-bump-versions", "dbops_set_region_uri", tr.env, false},
		{"its login in the other database", "dbops-staging-bump-versions", "dbops_bump_versions", other, false},
		{"the other environment's function there", "dbops-production-bump-versions", "dbops_bump_versions", other, true},
		{"a function without a login", "dbops-staging-backup-region", "dbops_bump_versions", tr.env, false},
		{"an operator", "operator", "dbops_bump_versions", tr.env, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tr.connect(tt.principal, tt.user, tt.database)
			var answer *pgconn.PgError
			if (err == nil) != tt.permitted || err != nil && (!errors.As(err, &answer) || answer.Message != fmt.Sprintf("PAM authentication failed for user %q", tt.user)) {
				t.Errorf("connect: %v; permitted should be %v", err, tt.permitted)
			}
		})
	}
}

// connect logs in to an environment's database by a token that a principal signs.
func (tr *trial) connect(principal, user string, e *Environment) error {
	tr.t.Helper()
	token, err := auth.BuildAuthToken(tr.t.Context(), e.rds.Endpoint(), AWSRegion, user, tr.account.config(principal).Credentials)
	if err != nil {
		tr.t.Fatal(err)
	}
	config, err := pgx.ParseConfig(fmt.Sprintf("postgres://%s@%s/%s?sslmode=verify-full&sslrootcert=%s", user, e.rds.Endpoint(), e.database.Name, tr.account.caFile))
	if err != nil {
		tr.t.Fatal(err)
	}
	config.Password = token
	conn, err := pgx.ConnectConfig(tr.t.Context(), config)
	if err != nil {
		return err
	}
	return conn.Close(tr.t.Context())
}

// TestKeysOfDataBucketsAreNeeded: the policies of the example templates permit no use of any key.
func TestKeysOfDataBucketsAreNeeded(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, func(o *Options) { o.Security.DataKeys = protection.DataKeys })
	client := func(principal string) *s3.Client { return s3.NewFromConfig(tr.account.config(principal)) }
	at := tr.regions[0].URI
	key, backup := at.File("topo.json"), at.Sibling("-backup-2026-11-22").File("topo.json")
	for _, tt := range []struct {
		name string
		call func(*s3.Client) error
		says string
	}{
		{"read", func(c *s3.Client) error {
			_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &at.Bucket, Key: &key})
			return err
		}, "kms:Decrypt"},
		{"look", func(c *s3.Client) error {
			_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &at.Bucket, Key: &key})
			return err
		}, ""},
		{"look at the checksum", func(c *s3.Client) error {
			_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &at.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			return err
		}, "Forbidden"}, // an answer to HEAD says no more
		{"write", func(c *s3.Client) error {
			_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &at.Bucket, Key: &backup, Body: strings.NewReader("x")})
			return err
		}, "kms:GenerateDataKey"},
		{"write a record", func(c *s3.Client) error {
			_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &tr.env.StateBucket, Key: aws.String("runs/r/regions/1/backup.json"), Body: strings.NewReader("x")})
			return err
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.call(client("dbops-staging-backup-region"))
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("the function: %v; want %q", err, tt.says)
			}
			if err := tt.call(client("operator")); err != nil {
				t.Errorf("an operator: %v", err)
			}
		})
	}
	t.Run("answers name the key", func(t *testing.T) {
		head, err := client("operator").HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &at.Bucket, Key: &key})
		if err != nil || aws.ToString(head.SSEKMSKeyId) != protection.DataKeys["districtbuilder-staging-data"] {
			t.Errorf("%+v, %v", head, err)
		}
	})
}

// TestSecurityMustFitTheTemplates: what would go wrong at a function's first call is found at the start.
func TestSecurityMustFitTheTemplates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"tokens for a database that takes passwords": {func(o *Options) { o.Security.Databases = map[string]string{"Staging": "db-STAGING"} }, "no resource ID of the database of Production"},
		"an environment that there is not":           {func(o *Options) { o.Security.Databases = map[string]string{"staging": "a"} }, `"staging"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			secured(&o)
			tt.change(&o)
			account, err := Start(t.Context(), o)
			if err == nil {
				err = account.Close()
				t.Errorf("it starts, %v", err)
			} else if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Start: %v; want %s", err, tt.says)
			}
		})
	}
}
