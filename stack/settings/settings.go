// Package settings reads and checks what the CDK app must know about an account. It stands in cdk.json, under
// context.dbops.<Environment>; docs/deploying.md tells how to find each value. Nothing is looked up over the network.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	Cluster   string `json:"cluster"`
	Service   string `json:"service"`
	Group     string `json:"group"` // of EC2 Auto Scaling
	LogGroup  string `json:"logGroup"`
	Container string `json:"container"`

	TargetGroupARN string `json:"targetGroupArn"`
	// LoadBalancer is the last part of its ARN, app/<name>/<id>. Without it the dashboard lacks the healthy hosts.
	LoadBalancer string `json:"loadBalancer"`

	// WritePrefixes hold this environment's live regions and their backups; ReadPrefixes hold new data besides.
	WritePrefixes []s3uri.Prefix `json:"writePrefixes"`
	ReadPrefixes  []s3uri.Prefix `json:"readPrefixes"`
	// DataKeyARNs are the KMS keys of those buckets, if they do not use S3's own encryption.
	DataKeyARNs []string `json:"dataKeyArns"`
	// UploadBucket is where updates/<name>.json starts an update. Staging only; without it uploads start nothing.
	UploadBucket string `json:"uploadBucket"`

	// The SQL functions run in Subnets, which must be private, with SecurityGroup.
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

// Parse reads the environments from the JSON object that stands under context.dbops.
func Parse(text []byte) ([]Environment, error) {
	var byName map[string]json.RawMessage
	if err := json.Unmarshal(text, &byName); err != nil {
		return nil, fmt.Errorf("context.dbops: %w", err)
	}
	if len(byName) == 0 {
		return nil, errors.New("context.dbops: missing; expected an object with Staging, Production or both")
	}
	var environments []Environment
	var problems []error
	for name, raw := range byName {
		e, err := parseOne(name, raw)
		environments, problems = append(environments, e), append(problems, err)
	}
	slices.SortFunc(environments, func(a, b Environment) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return environments, errors.Join(problems...)
}

func parseOne(name string, raw json.RawMessage) (Environment, error) {
	where := "context.dbops." + name
	if name != Staging && name != Production {
		return Environment{}, fmt.Errorf("%s: unknown environment; expected Staging or Production", where)
	}
	e := Environment{Name: name}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, fmt.Errorf("%s: %s", where, strings.TrimPrefix(err.Error(), "json: "))
	}
	e.derive()
	var problems []error
	for _, p := range e.problems() {
		problems = append(problems, fmt.Errorf("%s.%s", where, p))
	}
	return e, errors.Join(problems...)
}

// derive fills in what is absent.
func (e *Environment) derive() {
	for field, value := range map[*string]string{
		&e.Region:    "us-east-1",
		&e.Cluster:   "ecs" + e.Name + "Cluster",
		&e.Service:   e.Name + "App_EC2LaunchType",
		&e.Group:     "asg" + e.Name + "ContainerInstance",
		&e.LogGroup:  "log" + e.Name + "App",
		&e.Container: "app",
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
