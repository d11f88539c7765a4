package regiondb

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// newDatabase reads the settings <prefix>HOST, PORT, NAME, USER and SECRET_ARN. Without a secret the login is
// an RDS IAM token. DATABASE_CA_FILE holds the authorities of every database's certificate.
func newDatabase(env lambdarun.Env, prefix string) (*Database, error) {
	set, err := env.Settings(prefix+"HOST", prefix+"PORT", prefix+"NAME", prefix+"USER")
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(set[prefix+"PORT"], 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("%sPORT %q: expected a port number", prefix, set[prefix+"PORT"])
	}
	roots, err := authorities(env.Getenv("DATABASE_CA_FILE"))
	if err != nil {
		return nil, err
	}
	host, user := set[prefix+"HOST"], set[prefix+"USER"]
	d := &Database{host: host, port: uint16(port), name: set[prefix+"NAME"], roots: roots}
	if arn := env.Getenv(prefix + "SECRET_ARN"); arn != "" {
		d.login = secretLogin{secretsmanager.NewFromConfig(env.AWS), arn, user}
	} else {
		d.login = tokenLogin{net.JoinHostPort(host, set[prefix+"PORT"]), env.AWS.Region, user, env.AWS.Credentials}
	}
	return d, nil
}

// authorities reads a PEM file; nil stands for the system's authorities.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_CA_FILE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("DATABASE_CA_FILE %s holds no PEM certificate", file)
	}
	return pool, nil
}
