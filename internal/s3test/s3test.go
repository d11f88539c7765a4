// Package s3test gives the tests of a package one S3 server, and each test buckets and fronts of its own.
package s3test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
)

// Store is the S3 server of a package's tests. A process can run one. It runs during Run.
type Store struct {
	*objectstore.Server
	buckets atomic.Int64
}

// Run runs the tests over the store and returns their exit code. It is what TestMain does.
func (s *Store) Run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "s3test")
	if err == nil {
		s.Server, err = objectstore.Start(context.Background(), dir)
	}
	if err == nil {
		code = m.Run()
		err = s.Close()
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Bucket makes a bucket.
func (s *Store) Bucket(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", s.buckets.Add(1))
	if _, err := s.Client(t.Context()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

// Serve puts a front with hooks before the store until the test ends, and returns the configuration of its callers.
func (s *Store) Serve(t testing.TB, hooks objectstore.Hooks) (*objectstore.Front, aws.Config) {
	front := s.Front(hooks)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	return front, aws.Config{Region: objectstore.Region, BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "caller", SecretAccessKey: "any"}, nil
		})}
}
