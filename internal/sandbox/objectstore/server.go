// Package objectstore is the S3 of the simulated account: a real S3 server (versitygw) that keeps objects as files,
// and in front of it a handler that adds what the server lacks and the project relies on.
package objectstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// Region is the only region of the store.
const Region = "us-east-1"

// inFlight is how many requests the gateway serves at once.
const inFlight = 1000

// maxCopy is the gateway's limit to the size of a copy's source, in bytes. S3's is 5 GiB for CopyObject, and none for
// UploadPartCopy; the gateway has one for both (and without a value, 0).
const maxCopy = 50 << 40

// running is true while a gateway runs: a second one would take the first one's working directory away.
var running atomic.Bool

// Server is a running S3 server. One process can run one at a time, because versitygw keeps state in package variables.
type Server struct {
	credentials aws.Credentials
	direct      *http.Client // speaks to the gateway's socket, whatever the URL's host
	writes      *writes
	keys        keyLocks
	front       *Front
	stop        func() error
}

// Start runs the gateway over dir, which it creates if need be. The objects of an earlier run in dir are served again.
// The file system under dir must support user extended attributes (ext4 and tmpfs on Linux do).
//
// The gateway addresses its files relative to the working directory: Start changes the working directory of the
// PROCESS to a place inside dir, and Close changes it back. Make relative paths absolute before Start.
func Start(ctx context.Context, dir string) (*Server, error) {
	if !running.CompareAndSwap(false, true) {
		return nil, errors.New("start the object store: one runs in this process already")
	}
	s, err := start(ctx, dir)
	if err != nil {
		running.Store(false)
	}
	return s, err
}

func start(ctx context.Context, dir string) (*Server, error) {
	root, err := filepath.Abs(filepath.Join(dir, "objects"))
	if err != nil {
		return nil, fmt.Errorf("locate the object store: %w", err)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("create the object store: %w", err)
	}
	before, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	// A socket rather than a port: nobody can take it between choosing and listening. Its path must be short (108 bytes).
	sockets, err := os.MkdirTemp("", "s3-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for the socket: %w", err)
	}
	s := &Server{credentials: aws.Credentials{AccessKeyID: "gateway", SecretAccessKey: rand.Text()}, keys: keyLocks{seed: maphash.MakeSeed()}}
	socket := filepath.Join(sockets, "s3")
	s.writes = &writes{Transport: socketTransport(socket)}
	s.direct = &http.Client{Transport: s.writes}
	s.front = s.Front(Hooks{})

	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	s.stop = sync.OnceValue(func() error {
		cancel()
		err := <-done
		running.Store(false)
		s.direct.CloseIdleConnections()
		return errors.Join(err, os.Chdir(before), os.RemoveAll(sockets))
	})
	backend, err := posix.New(root, meta.XattrMeta{}, posix.PosixOpts{
		Concurrency: 5 * inFlight, ValidateBucketNames: true, CopyObjectThreshold: maxCopy,
	})
	if err != nil {
		done <- nil
		return nil, errors.Join(fmt.Errorf("open the object store %s (does its file system support user extended attributes?): %w", root, err), s.stop())
	}
	go func() { done <- embedgw.RunVersityGW(ctx, backend, s.config(socket)) }()
	if err := s.awaitReady(ctx, done); err != nil {
		return nil, errors.Join(fmt.Errorf("start the object store: %w", err), s.stop())
	}
	return s, nil
}

func (s *Server) config(socket string) *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess: s.credentials.AccessKeyID, RootUserSecret: s.credentials.SecretAccessKey, Region: Region,
		Ports: []string{socket}, MaxConnections: inFlight, MaxRequests: inFlight, MultipartMaxParts: 10000,
		KeepAlive: true, Quiet: true,
		// Given rather than left to the default, which announces itself on standard output.
		IAMService: auth.NewIAMServiceSingle(auth.Account{Access: s.credentials.AccessKeyID, Secret: s.credentials.SecretAccessKey, Role: auth.RoleAdmin}),
	}
}

// socketTransport keeps connections open: without that each request would cost a new one.
func socketTransport(socket string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		MaxIdleConns: inFlight, MaxIdleConnsPerHost: inFlight, MaxConnsPerHost: inFlight - 100, DisableCompression: true,
	}
}

// awaitReady returns when the gateway answers a listing of its buckets.
func (s *Server) awaitReady(ctx context.Context, done chan error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := s.Client(ctx)
	for {
		_, err := client.ListBuckets(ctx, &s3.ListBucketsInput{}, func(o *s3.Options) { o.RetryMaxAttempts = 1 })
		if err == nil {
			return nil
		}
		select {
		case ended := <-done:
			done <- nil
			return errors.Join(errors.New("the gateway ended at once"), ended)
		case <-ctx.Done():
			return fmt.Errorf("no answer within ten seconds: %w", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Handler returns the store's front without hooks. See Front for one with them.
func (s *Server) Handler() http.Handler { return s.front }

// Client returns a client that bypasses every front: no faults, no events. It is for seeds and for looking at what there is.
func (s *Server) Client(context.Context) *s3.Client {
	return s3.New(s3.Options{
		Region: Region, BaseEndpoint: aws.String("http://127.0.0.1"), UsePathStyle: true, HTTPClient: s.direct,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return s.credentials, nil }),
	})
}

// Close stops the gateway and leaves its files. It may be called again.
func (s *Server) Close() error { return s.stop() }
