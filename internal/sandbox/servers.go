package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/publicmapping/districtbuilder-ops/docs"
	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// Servers are the real servers behind an account. Accounts with different suffixes can share them.
type Servers struct {
	S3       *objectstore.Server
	Database *postgres.Server

	roles sync.Mutex // logins belong to the server, not to one database
}

// loginPassword is that of the SQL functions' logins.
const loginPassword = "sandbox-login"

// loginsOf are the SQL functions' logins in an environment's database.
func loginsOf(e *Environment) []string {
	names := []string{"dbops_find_regions", "dbops_bump_versions"}
	if e.Name == "Staging" {
		names = append(names, "dbops_set_region_uri")
	}
	return names
}

// rdsRoles are the roles that RDS has from the beginning.
const rdsRoles = `
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN CREATE ROLE rds_iam; END IF;
END $$;
`

// logins gives the SQL functions their logins in an environment's database, by the scripts that operators run. PostgreSQL
// itself takes passwords of all of them; of those by token, a server before it takes none.
func (s *Servers) logins(ctx context.Context, e *Environment, byToken bool) error {
	s.roles.Lock()
	defer s.roles.Unlock()
	scripts := docs.DatabaseRoles
	if e.Name == "Staging" {
		scripts += docs.DatabaseRolesStaging
	}
	if byToken {
		scripts += rdsRoles + docs.DatabaseRolesIAM
	}
	for _, name := range loginsOf(e) {
		scripts += "ALTER ROLE " + name + " CONNECTION LIMIT -1 PASSWORD '" + loginPassword + "';\n"
	}
	if _, err := e.DB.Exec(ctx, scripts); err != nil {
		return fmt.Errorf("make the logins of the SQL functions: %w", err)
	}
	return nil
}

// StartServers starts S3 and PostgreSQL with their files in dir. A process can have one S3 at a time.
func StartServers(ctx context.Context, dir string) (*Servers, error) {
	database, err := postgres.Start(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	store, err := objectstore.Start(ctx, dir+"/s3")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start S3: %w", err), database.Close())
	}
	return &Servers{S3: store, Database: database}, nil
}

// Close stops the servers.
func (s *Servers) Close() error { return errors.Join(s.S3.Close(), s.Database.Close()) }
