package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/application"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/rds"
)

// Security is what protects data and databases. The zero value is S3's own keys, and databases that take passwords. It
// must be what the templates were made for.
type Security struct {
	// DataKeys are the ARNs of the KMS keys that data buckets are encrypted with, by the bucket's name without the suffix.
	DataKeys map[string]string
	// Databases are the resource IDs ("db-…") of the databases that take IAM tokens, by environment.
	Databases map[string]string
	// Applications are the hosts of which DistrictBuilder's public list of regions can be asked, by environment.
	Applications map[string]string
}

// check refuses an environment that there is not: what is said of it would be without effect.
func (s Security) check() error {
	for _, setting := range []map[string]string{s.Databases, s.Applications} {
		for name := range setting {
			if !slices.Contains(environments, name) {
				return fmt.Errorf("Options.Security speaks of the environment %q; expected one of %q", name, environments)
			}
		}
	}
	return nil
}

// makeCertificate makes the certificate of databases and applications, and the file of the authorities that functions
// must trust to log in.
func (a *Account) makeCertificate() error {
	if err := a.options.Security.check(); err != nil {
		return err
	}
	a.caFile = a.servers.Database.CAFile
	hosts := slices.Sorted(maps.Values(a.options.Security.Applications))
	var err error
	if a.tls, err = certificate.New(append([]string{"localhost"}, hosts...)...); err != nil {
		return err
	}
	if len(a.options.Security.Databases) == 0 {
		return nil
	}
	file, err := os.CreateTemp("", "sandbox-ca-*.pem")
	if err != nil {
		return fmt.Errorf("make a file for the databases' authorities: %w", err)
	}
	a.caFile = file.Name()
	_, err = file.Write(slices.Concat(a.servers.Database.CA, []byte("\n"), a.tls.CA))
	return errors.Join(err, file.Close())
}

// removeAuthorities removes the file that makeCertificate made.
func (a *Account) removeAuthorities() error {
	if a.servers == nil || a.caFile == "" || a.caFile == a.servers.Database.CAFile {
		return nil
	}
	return os.Remove(a.caFile)
}

// protect starts the servers that an environment has for its Security.
func (a *Account) protect(e *Environment) error {
	config, err := a.tls.Config()
	if err != nil {
		return err
	}
	if id := a.options.Security.Databases[e.Name]; id != "" {
		e.rds, err = rds.Start(rds.Config{
			Host: "localhost", TLS: config, Region: AWSRegion, Now: time.Now, Log: a.log, // the SDK signs with real time
			Credentials: func(key string) (aws.Credentials, bool) {
				return aws.Credentials{AccessKeyID: key, SecretAccessKey: secretKey}, true
			},
			Permit:   func(accessKey, user string) error { return a.mayConnect(e, accessKey, user) },
			Upstream: a.servers.Database, Roles: e.DB, Passwords: loginPasswords(e),
		})
		if err != nil {
			return err
		}
		a.iam.account.Databases[e.rds.Endpoint()] = id
	}
	if host := a.options.Security.Applications[e.Name]; host != "" {
		e.application, err = application.Start(host, config, e.DB)
	}
	return err
}

// loginPasswords are those of the functions' logins, for the server behind.
func loginPasswords(e *Environment) map[string]string {
	passwords := map[string]string{}
	for _, name := range loginsOf(e) {
		passwords[name] = loginPassword
	}
	return passwords
}

// mayConnect holds a login by token against the policies of the one who signed it.
func (a *Account) mayConnect(e *Environment, accessKey, user string) error {
	who, known := a.iam.principals[accessKey]
	if !known {
		return nil // an operator
	}
	request, err := a.iam.account.Connect(e.rds.Endpoint(), user)
	if err != nil {
		return err
	}
	if refused := a.iam.decide(who, request); refused != nil {
		return errors.New(refused.Message())
	}
	return nil
}

// keyOf is the key that a bucket encrypts with, "" for S3's own.
func (a *Account) keyOf(bucket string) string {
	return a.options.Security.DataKeys[strings.TrimSuffix(bucket, a.options.Suffix)]
}

// databaseAt is where an environment's database is reached.
func (a *Account) databaseAt(e *Environment) (host, port string) {
	if e.rds != nil {
		return "localhost", strconv.Itoa(e.rds.Port())
	}
	return a.servers.Database.Host, strconv.Itoa(a.servers.Database.Port)
}

// connectInternet lets the functions reach the applications, and nothing else.
func (a *Account) connectInternet() {
	var servers []*application.Server
	for _, e := range a.Environments {
		if e.application != nil {
			servers = append(servers, e.application)
		}
	}
	a.internet = application.Transport(a.tls.Roots(), servers...)
}
