package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// Environment is DistrictBuilder's staging or production in the account.
type Environment struct {
	Name        string // "Staging" or "Production"
	DataBucket  string // where the regions lie; the environments have one each
	StateBucket string // lock, journal and inventories of this project
	Usual       int    // tasks
	Fleet       *fleetsim.World
	DB          *pgxpool.Pool

	database  *postgres.Database
	secretARN string
}

// Prefix begins the names of this environment's functions and machines: "dbops-staging-".
func (e *Environment) Prefix() string { return "dbops-" + strings.ToLower(e.Name) + "-" }

func (e *Environment) close() {
	if e.DB != nil {
		e.DB.Close()
	}
}

func (a *Account) addEnvironment(ctx context.Context, name string, usual int) error {
	lower := strings.ToLower(name)
	e := &Environment{
		Name: name, Usual: usual,
		DataBucket:  "districtbuilder-" + lower + "-data-" + AWSRegion + a.options.Suffix,
		StateBucket: "dbops-" + lower + "-state-" + AccountID + "-" + AWSRegion + a.options.Suffix,
		secretARN:   fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s/database-AbCdEf", AWSRegion, AccountID, lower),
	}
	a.Environments[name] = e
	for _, bucket := range []string{e.DataBucket, e.StateBucket} {
		if _, err := a.S3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
	}
	var err error
	if e.database, err = a.servers.Database.CreateDatabase(ctx, "districtbuilder_"+lower+strings.ReplaceAll(a.options.Suffix, "-", "_")); err != nil {
		return err
	}
	if e.DB, err = pgxpool.New(ctx, e.database.URL); err != nil {
		return fmt.Errorf("connect to database %s: %w", e.database.Name, err)
	}
	if err := postgres.ApplySchema(ctx, e.DB); err != nil {
		return err
	}
	secret, err := json.Marshal(map[string]string{"username": a.servers.Database.User, "password": a.servers.Database.Password})
	if err != nil {
		return err
	}
	a.secrets[e.secretARN] = string(secret)
	e.Fleet = fleetsim.New(fleetsim.Config{
		Environment: name, Usual: usual, Region: AWSRegion, Account: AccountID, Seed: a.options.Seed, Now: a.Now,
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

// settings are the environment variables of the environment's functions.
func (a *Account) settings(e, other *Environment) map[string]string {
	names := e.Fleet.Names
	return map[string]string{
		"ENVIRONMENT": e.Name, "STATE_BUCKET": e.StateBucket, "FUNCTION_PREFIX": e.Prefix(),
		"CLUSTER": names.Cluster, "SERVICE": names.Service, "GROUP": names.Group, "TARGET_GROUP_ARN": names.TargetGroupARN,
		"LOG_GROUP": names.LogGroup, "CONTAINER": "app",
		"UPDATE_MACHINE_ARN": machineARN(e.Prefix() + "update-regions"), "NOTIFICATIONS_TOPIC_ARN": "arn:aws:sns:" + AWSRegion + ":" + AccountID + ":" + e.Prefix() + "notifications",
		"DATABASE_HOST": a.servers.Database.Host, "DATABASE_PORT": strconv.Itoa(a.servers.Database.Port), "DATABASE_NAME": e.database.Name,
		"DATABASE_USER": a.servers.Database.User, "DATABASE_SECRET_ARN": e.secretARN, "DATABASE_CA_FILE": a.servers.Database.CAFile,
		"OTHER_DATABASE_HOST": a.servers.Database.Host, "OTHER_DATABASE_PORT": strconv.Itoa(a.servers.Database.Port), "OTHER_DATABASE_NAME": other.database.Name,
		"OTHER_DATABASE_USER": a.servers.Database.User, "OTHER_DATABASE_SECRET_ARN": other.secretARN,
	}
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
