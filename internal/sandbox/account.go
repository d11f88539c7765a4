// Package sandbox is an AWS account on one machine: DistrictBuilder's fleet, data and database, and the functions and
// state machines of this project as they are deployed. The services speak AWS's wire protocols, so that the real SDK
// and the aws command work against them; S3 and PostgreSQL are real servers.
package sandbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/certificate"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	stack "github.com/publicmapping/districtbuilder-ops/stack/template"
)

// The account's identity: that of the settings in stack/template.
const (
	AWSRegion = "us-east-1"
	AccountID = "111122223333"
)

// secretKey is every principal's: the access key alone tells who calls.
const secretKey = "sandbox"

// Options say how the account behaves.
type Options struct {
	// Servers are the real servers to use; nil starts some in Dir, which the account then stops.
	Servers *Servers
	// Dir holds the files of the servers that the account starts. It must be absolute.
	Dir string
	// Suffix sets the names of buckets and databases apart from those of other accounts on the same servers.
	Suffix string
	// Clock is the state machines' and the fleet's time; nil means real time.
	Clock asl.Clock
	// Bubble says that Clock is that of a testing/synctest bubble, in which the executions run. Start is called outside.
	Bubble bool
	// Usual is the staging service's steady number of tasks; production has one more.
	Usual int
	Seed  uint64
	// Port is the loopback port of the APIs; 0 picks one.
	Port int
	Log  *slog.Logger
	// Faults is how nasty the fleet's APIs are; nil means mildly.
	Faults *fleetsim.Faults
	// OldAgent makes ECS refuse task protection.
	OldAgent bool
	// Variant chooses the templates; empty is the example.
	Variant stack.Variant
	// Security protects data and databases. It must be what the templates were made for.
	Security Security
	// Timing of the fleet; zero values are DistrictBuilder's.
	Timing fleetsim.Timing
	// Without takes one statement out of the policies, to see what it is there for.
	Without *iam.Ref
	// FleetFault is asked first at each call of the fleet's APIs.
	FleetFault func(environment, service, action string, n int) fleetsim.Fault

	// OnEvent sees every history event of every execution, before the next one.
	OnEvent func(*Execution, asl.Event)
	// OnEvaluate sees every evaluation of an expression.
	OnEvaluate func(expr string, bindings map[string]any, result any, err error)
	// Intercept wraps every task: the place to plant a failure.
	Intercept func(ctx context.Context, t asl.Task, perform func() (any, error)) (any, error)
}

// Account is a running account.
type Account struct {
	// Endpoint is the URL of all its APIs.
	Endpoint     string
	Front        *objectstore.Front
	Environments map[string]*Environment

	options  Options
	clock    asl.Clock
	now      atomic.Pointer[time.Time]
	log      *slog.Logger
	outside  *outside
	servers  *Servers
	listener net.Listener
	server   *http.Server
	client   *http.Client
	tls      certificate.Identity // of databases and applications
	caFile   string               // the authorities of the databases' certificates; empty: the system's
	internet *http.Transport      // all that functions reach beside the account's APIs
	retryer  func() aws.Retryer
	services map[string]http.Handler
	secrets  map[string]string
	topics   topics
	iam      enforcement
	usage    usage
	logged   atomic.Int64 // bytes that the functions have logged
	rng      *rand.Rand

	functions map[string]*Function
	machines  map[string]*asl.Machine

	bus bus

	mu         sync.Mutex
	executions map[string]*Execution
	order      []*Execution
}

// environments are those of every account.
var environments = []string{"Staging", "Production"}

// parallelFunctions is how many functions can be at work at once.
const parallelFunctions = 64

// Start starts the account with both environments, whose databases and buckets are empty.
func Start(ctx context.Context, o Options) (_ *Account, err error) {
	a := &Account{
		options: o, clock: o.Clock, log: o.Log, outside: newOutside(parallelFunctions), rng: rand.New(rand.NewPCG(o.Seed, 2)),
		Environments: map[string]*Environment{}, secrets: map[string]string{},
		functions: map[string]*Function{}, machines: map[string]*asl.Machine{}, executions: map[string]*Execution{},
	}
	a.usage.requests = map[string]int{}
	a.iam = enforcement{
		account:    iam.Account{ID: AccountID, Region: AWSRegion, TLS: true, GroupOf: a.groupOf, KeyOf: a.keyOf, Databases: map[string]string{}},
		principals: map[string]principal{}, without: o.Without,
	}
	if a.clock == nil {
		a.clock = asl.RealClock{}
	}
	a.options.Variant = cmp.Or(a.options.Variant, stack.Example)
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.pushTime()
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.servers = o.Servers; a.servers == nil {
		if a.servers, err = StartServers(ctx, o.Dir); err != nil {
			return nil, err
		}
	}
	if err := a.makeCertificate(); err != nil {
		return nil, err
	}
	a.Front = a.servers.S3.Front(a.hooks(objectstore.Hooks{}))
	if err := a.listen(); err != nil {
		return nil, err
	}
	for i, name := range environments {
		if err := a.addEnvironment(ctx, name, max(1, o.Usual)+i); err != nil {
			return nil, fmt.Errorf("set up %s: %w", name, err)
		}
	}
	a.connectInternet()
	for _, e := range a.Environments {
		if err := a.deploy(e); err != nil {
			return nil, fmt.Errorf("deploy %s: %w", e.Name, err)
		}
	}
	a.route()
	if err := a.schedule(); err != nil {
		return nil, err
	}
	go func() { _ = a.server.Serve(a.listener) }()
	return a, nil
}

func (a *Account) listen() error {
	var err error
	if a.listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", a.options.Port)); err != nil {
		return fmt.Errorf("listen for the account's APIs: %w", err)
	}
	a.Endpoint = "http://" + a.listener.Addr().String()
	a.client = &http.Client{Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512, DisableCompression: true}}
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	// The SDK's retries wait in real time, in which here much more passes than in AWS.
	a.retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 20 * time.Millisecond })
	}
	return nil
}

// Close stops everything. Executions that still run are aborted.
func (a *Account) Close() error {
	a.bus.close()
	for _, e := range a.Executions() {
		if e.Status() == "RUNNING" {
			e.Stop("", "the sandbox was closed")
			e.Wait()
		}
	}
	var errs []error
	if a.server != nil {
		errs = append(errs, a.server.Close())
	}
	for _, e := range a.Environments {
		errs = append(errs, e.close())
	}
	errs = append(errs, a.removeAuthorities())
	if a.servers != nil && a.options.Servers == nil {
		errs = append(errs, a.servers.Close())
	}
	a.outside.close()
	return errors.Join(errs...)
}

// Dir is where the servers that the account started keep their files.
func (a *Account) Dir() string { return a.options.Dir }

// S3 is a client of the store that goes past hooks and faults, for seeds and for whoever looks on.
func (a *Account) S3() *s3.Client { return a.servers.S3.Client(context.Background()) }

// SetHooks changes how S3 behaves towards the functions. Uploads start updates whatever the hooks are.
func (a *Account) SetHooks(h objectstore.Hooks) { a.Front.SetHooks(a.hooks(h)) }

func (a *Account) hooks(h objectstore.Hooks) objectstore.Hooks {
	h.OnObjectCreated, h.KeyOf = a.objectCreated, a.keyOf
	return a.usage.countRequests(h)
}

// Outside runs work outside the executions' bubble and waits for it.
func (a *Account) Outside(work func()) { a.outside.do(work) }

// accessKey is a principal's access key ID: it looks like one, and is the same each time.
func accessKey(principal string) string {
	sum := sha256.Sum256([]byte(principal))
	return fmt.Sprintf("AKIA%X", sum[:8])
}
