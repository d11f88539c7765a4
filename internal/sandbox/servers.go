package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// Servers are the real servers behind an account. Accounts with different suffixes can share them.
type Servers struct {
	S3       *objectstore.Server
	Database *postgres.Server
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
