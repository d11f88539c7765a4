// Package settings reads and checks what the CDK app must know about an account. It stands in cdk.json, under
// context.dbops.<Environment>; docs/deploying.md tells how to find each value. Nothing is looked up over the network.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Names of the environments.
const (
	Staging    = "Staging"
	Production = "Production"
)

// Environment is what the stack of one environment is made from.
type Environment struct {
	// Name is Staging or Production: the key under which the settings stand.
	Name string `json:"-"`

	Account string `json:"account"`
	Region  string `json:"region"` // us-east-1 if absent

	// The names below are derived from Name if absent: they are those of DistrictBuilder's own Terraform.
	Cluster     string   `json:"cluster"`
	Services    Services `json:"services"`
	Group       string   `json:"group"` // of EC2 Auto Scaling
	TargetGroup string   `json:"targetGroup"`
	LogGroup    string   `json:"logGroup"`
	Container   string   `json:"container"`

	// WritePrefixes hold this environment's live regions and their backups; ReadPrefixes hold new data besides.
	WritePrefixes []s3uri.Prefix `json:"writePrefixes"`
	ReadPrefixes  []s3uri.Prefix `json:"readPrefixes"`
	// DataKeys are the ARNs of the KMS keys of those buckets, by bucket. One that is absent uses S3's own encryption.
	DataKeys map[string]string `json:"dataKeys"`
	// UploadBucket is where updates/<name>.json starts an update. Staging only; without it uploads start nothing.
	UploadBucket string `json:"uploadBucket"`

	// The SQL functions run in the application's VPC, in Subnets, which must be private, with SecurityGroup.
	VPC           string   `json:"vpc"`
	Subnets       []string `json:"subnets"`
	SecurityGroup string   `json:"securityGroup"`
	Database      Database `json:"database"`
	Other         Other    `json:"other"`

	// Notify and Page are e-mail addresses or https endpoints: of who wants to know, and of who must act at once.
	Notify []string `json:"notify"`
	Page   []string `json:"page"`

	LogRetentionDays int `json:"logRetentionDays"` // 365 if absent
	// NoReservedConcurrency deploys to an account whose limit is too low to reserve any (new accounts: 10).
	NoReservedConcurrency bool `json:"noReservedConcurrency"`
}

// Services are the names of the application's ECS services. Both register in the target group.
type Services struct {
	// EC2 is the service that a restart replaces the tasks of.
	EC2 string `json:"ec2"`
	// Fargate is the one whose task definition migrations use. A restart leaves its tasks alone, as the runbook does.
	Fargate string `json:"fargate"`
}

// Database is a PostgreSQL database and how functions log in to it.
type Database struct {
	Host string `json:"host"`
	Port int    `json:"port"` // 5432 if absent
	Name string `json:"name"`
	// Either ResourceID, of an instance or cluster with IAM authentication: a function logs in with a token ...
	ResourceID string `json:"resourceId"`
	// ... or SecretARNs, by action: of a secret with "username" and "password".
	SecretARNs map[string]string `json:"secretArns"`
}

// Other says how to see the URIs that the other environment uses: exactly one of the three.
type Other struct {
	Database *Database `json:"database"`
	// RegionsURL is the application's public list. The SQL functions then need a way to the internet.
	RegionsURL string `json:"regionsUrl"`
	// None says that there is no other environment.
	None bool `json:"none"`
}

// Load reads the file's context and the environments in it, sorted by name.
// The error names every setting that is missing or malformed, and where it goes.
func Load(file string) (environments []Environment, context map[string]any, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	var content struct{ Context map[string]any }
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	raw, err := json.Marshal(content.Context["dbops"])
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	environments, err = Parse(raw)
	if err != nil {
		err = fmt.Errorf("settings in %s:\n%w", file, err)
	}
	return environments, content.Context, err
}

// Parse reads the environments from the JSON object that stands under context.dbops. The error names everything that is
// wrong, in all of them.
func Parse(text []byte) ([]Environment, error) {
	const where = "context.dbops"
	v, err := readJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	byName, isObject := v.(map[string]any)
	switch {
	case v != nil && !isObject:
		return nil, fmt.Errorf("%s: %s; expected an object with %s, %s or both", where, kind(v), Staging, Production)
	case len(byName) == 0:
		return nil, fmt.Errorf("%s: missing; expected an object with %s, %s or both", where, Staging, Production)
	}
	var environments []Environment
	checkers := map[string]*checker{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		c := &checker{where: below(where, name)}
		checkers[name] = c
		if name != Staging && name != Production {
			c.bad("", "unknown environment", Staging+" or "+Production)
			continue
		}
		e := Environment{Name: name}
		if c.decode("", byName[name], reflect.ValueOf(&e).Elem()); slices.Contains(c.unread, "") {
			continue // it is no object
		}
		e.derive()
		e.check(c)
		environments = append(environments, e)
	}
	for _, e := range environments {
		e.checkUploads(checkers[e.Name], environments)
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(checkers)) {
		for _, p := range checkers[name].found {
			problems = append(problems, errors.New(p))
		}
	}
	return environments, errors.Join(problems...)
}

// derive fills in what is absent.
func (e *Environment) derive() {
	for field, value := range map[*string]string{
		&e.Region:           "us-east-1",
		&e.Cluster:          "ecs" + e.Name + "Cluster",
		&e.Services.EC2:     e.Name + "App_EC2LaunchType",
		&e.Services.Fargate: e.Name + "App",
		&e.Group:            "asg" + e.Name + "ContainerInstance",
		&e.TargetGroup:      "tg" + e.Name + "App",
		&e.LogGroup:         "log" + e.Name + "App",
		&e.Container:        "app",
	} {
		if *field == "" {
			*field = value
		}
	}
	if e.LogRetentionDays == 0 {
		e.LogRetentionDays = 365
	}
	databases := []*Database{&e.Database}
	if e.Other.Database != nil {
		databases = append(databases, e.Other.Database)
	}
	for _, d := range databases {
		if d.Port == 0 {
			d.Port = 5432
		}
	}
}

// DataBuckets are the buckets that data is read from, written to or uploaded to, each once, in the settings' order.
func (e Environment) DataBuckets() []string {
	var names []string
	for _, p := range slices.Concat(e.WritePrefixes, e.ReadPrefixes, []s3uri.Prefix{{Bucket: e.UploadBucket}}) {
		if p.Bucket != "" && !slices.Contains(names, p.Bucket) {
			names = append(names, p.Bucket)
		}
	}
	return names
}

// Prefix begins the names of everything that the stack makes.
func (e Environment) Prefix() string { return "dbops-" + strings.ToLower(e.Name) + "-" }

// StateBucket is the bucket of locks, journals and inventories. Bucket names are shared by all accounts, hence the number.
func (e Environment) StateBucket() string { return e.Prefix() + "state-" + e.Account }
