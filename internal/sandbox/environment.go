package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/application"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/rds"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
	"github.com/publicmapping/districtbuilder-ops/statemachines"
)

// Environment is DistrictBuilder's staging or production in the account.
type Environment struct {
	Name         string // "Staging" or "Production"
	DataBucket   string // where the regions lie; the environments have one each
	UploadBucket string // where new data and files that start updates are uploaded; the data bucket, but for staging's of another variant
	StateBucket  string // lock, journal and inventories of this project
	Usual        int    // tasks
	Fleet        *fleetsim.World
	DB           *pgxpool.Pool

	database    *postgres.Database
	rds         *rds.Server         // nil where the functions log in by password
	application *application.Server // nil where nobody asks for the public list
	template    *template.Template
}

// Prefix begins the names of this environment's functions and machines: "dbops-staging-".
func (e *Environment) Prefix() string { return "dbops-" + strings.ToLower(e.Name) + "-" }

func (e *Environment) close() error {
	var errs []error
	if e.rds != nil {
		errs = append(errs, e.rds.Close())
	}
	if e.application != nil {
		errs = append(errs, e.application.Close())
	}
	if e.DB != nil {
		e.DB.Close()
	}
	return errors.Join(errs...)
}

func (a *Account) addEnvironment(ctx context.Context, name string, usual int) error {
	lower := strings.ToLower(name)
	e := &Environment{
		Name: name, Usual: usual,
		DataBucket:  "districtbuilder-" + lower + "-data" + a.options.Suffix,
		StateBucket: "dbops-" + lower + "-state-" + AccountID + a.options.Suffix,
	}
	e.UploadBucket = e.DataBucket
	if name == "Staging" && a.options.Variant == stack.Alternative {
		e.UploadBucket = incoming + a.options.Suffix
	}
	text, err := a.options.Variant.Text(name)
	if err != nil {
		return err
	}
	if e.template, err = template.Load(a.suffixed(text), template.Options{Account: AccountID, Region: AWSRegion, Definition: definition}); err != nil {
		return err
	}
	a.Environments[name] = e
	for _, bucket := range slices.Compact([]string{e.DataBucket, e.UploadBucket, e.StateBucket}) {
		if _, err := a.S3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
	}
	if e.database, err = a.servers.Database.CreateDatabase(ctx, "districtbuilder_"+lower+strings.ReplaceAll(a.options.Suffix, "-", "_")); err != nil {
		return err
	}
	if e.DB, err = pgxpool.New(ctx, e.database.URL); err != nil {
		return fmt.Errorf("connect to database %s: %w", e.database.Name, err)
	}
	if err := postgres.ApplySchema(ctx, e.DB); err != nil {
		return err
	}
	if err := a.servers.logins(ctx, e, a.options.Security.Databases[name] != ""); err != nil {
		return err
	}
	if err := a.protect(e); err != nil {
		return err
	}
	e.Fleet = fleetsim.New(fleetsim.Config{
		Environment: name, Usual: usual, Region: AWSRegion, Account: AccountID, Seed: 2*a.options.Seed + uint64(len(a.Environments)), Now: a.Now,
		Regions: rows{e.DB}, Loader: loader{client: a.S3(), mu: new(sync.Mutex), cache: map[string]loaded{}},
		Timing: a.options.Timing, Faults: a.options.Faults, OldAgent: a.options.OldAgent, Fault: a.fleetFault(name),
	})
	return nil
}

// fleetFault binds the option to an environment.
func (a *Account) fleetFault(environment string) func(service, action string, n int) fleetsim.Fault {
	if a.options.FleetFault == nil {
		return nil
	}
	return func(service, action string, n int) fleetsim.Fault {
		return a.options.FleetFault(environment, service, action, n)
	}
}

// definition is the text of a state machine that a template names by its file.
func definition(file string) ([]byte, error) {
	return statemachines.Text(strings.TrimSuffix(path.Base(file), ".asl.json"))
}

// incoming is the bucket for new data in the alternative templates.
const incoming = "districtbuilder-incoming-data"

// suffixed appends the account's suffix to the names of buckets in a template.
func (a *Account) suffixed(text []byte) []byte {
	buckets := []string{incoming}
	for _, lower := range []string{"staging", "production"} {
		buckets = append(buckets, "districtbuilder-"+lower+"-data", "dbops-"+lower+"-state-"+AccountID)
	}
	for _, bucket := range buckets {
		text = bytes.ReplaceAll(text, []byte(bucket), []byte(bucket+a.options.Suffix))
	}
	return text
}

// settings are a function's environment variables as the template has them. Only the database's address is another:
// in AWS its name resolves to the server, here the server is on this machine, at a port of its own.
func (a *Account) settings(f template.Function, e *Environment) (map[string]string, error) {
	settings := maps.Clone(f.Variables)
	for prefix, of := range map[string]*Environment{"": e, "OTHER_": a.other(e)} {
		if settings[prefix+"DATABASE_HOST"] == "" {
			continue
		}
		if settings[prefix+"DATABASE_SECRET_ARN"] == "" && of.rds == nil {
			return nil, fmt.Errorf("%sDATABASE_SECRET_ARN is not set, and Options.Security has no resource ID of the database of %s to log in to by token", prefix, of.Name)
		}
		settings[prefix+"DATABASE_HOST"], settings[prefix+"DATABASE_PORT"] = a.databaseAt(of)
		settings[prefix+"DATABASE_NAME"] = of.database.Name
		settings["DATABASE_CA_FILE"] = a.caFile
	}
	return settings, nil
}

// objects lists a prefix: relative key to ETag.
func objects(ctx context.Context, client *s3.Client, bucket, prefix string) (map[string]string, error) {
	found := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, o := range page.Contents {
			found[strings.TrimPrefix(aws.ToString(o.Key), prefix)] = fmt.Sprintf("%s %d", aws.ToString(o.ETag), aws.ToInt64(o.Size))
		}
	}
	return found, nil
}
