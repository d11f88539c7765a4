package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/asl"
	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
)

// servers are shared by all tests of the package.
var servers *Servers

func TestMain(m *testing.M) { os.Exit(withServers(m)) }

// source is this package's folder; the S3 server changes the working directory.
var source string

func withServers(m *testing.M) int {
	source, _ = os.Getwd()
	dir, err := MakeScratch("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if servers, err = StartServers(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer servers.Close()
	return m.Run()
}

// shiftedClock is a bubble's clock, which begins in the year 2000, moved to a time after the seeds'.
// Outside the bubble, where the account is made, it stands at the beginning.
type shiftedClock struct {
	asl.RealClock
	begin *atomic.Pointer[time.Time] // what the clock shows when a bubble begins
}

var bubbleBegins = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newShiftedClock() shiftedClock {
	c := shiftedClock{begin: new(atomic.Pointer[time.Time])}
	c.set(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	return c
}

func (c shiftedClock) set(begin time.Time) { c.begin.Store(&begin) }

func (c shiftedClock) Now() time.Time {
	if passed := time.Since(bubbleBegins); passed < 10*365*24*time.Hour {
		return c.begin.Load().Add(passed)
	}
	return *c.begin.Load()
}

// trial is an account with two regions on staging, new data for both, and an audit of what a run does to them.
type trial struct {
	t        *testing.T
	account  *Account
	clock    shiftedClock
	env      *Environment
	regions  []Region
	updates  []Update
	audit    *Audit
	fail     func(t asl.Task) failure // what to plant
	attempts map[string]int

	mu       sync.Mutex
	path     []string // states entered, "restart/" before those of restart-services
	broken   []string
	failures []string // how runs and functions failed, with their causes
	bytes    int      // the largest input or output of a state
	events   int
}

// failure is what is planted in a task.
type failure int

const (
	none        failure = iota
	refused             // the task fails before it has any effect
	afterEffect         // it takes effect, then fails
	lostOnce            // it takes effect, and its first answer is lost
	hangs               // it never answers
)

var trials atomic.Int64

// small is data that a test can copy hundreds of times.
func small(seed uint64) regiongen.Options {
	return regiongen.Options{State: fmt.Sprintf("%02d", seed), Tiles: 2, Seed: seed, Demographic: []string{"population"}}
}

// options are those of a perfect account in a bubble.
func options(t *testing.T) Options {
	t.Helper()
	return Options{
		Servers: servers, Suffix: fmt.Sprintf("-%d", trials.Add(1)), Clock: newShiftedClock(), Bubble: true, Usual: 2, Seed: 7,
		Faults: new(fleetsim.Faults), Timing: fleetsim.Timing{Load: 4 * time.Minute, Failure: 20 * time.Second}, Log: slog.New(slog.DiscardHandler),
	}
}

// newTrial makes the account. It must be called outside the bubble.
func newTrial(t *testing.T, change ...func(*Options)) *trial {
	t.Helper()
	return newTrialOn(t, "Staging", change...)
}

func newTrialOn(t *testing.T, environment string, change ...func(*Options)) *trial {
	t.Helper()
	ctx := context.Background()
	tr := &trial{t: t, attempts: map[string]int{}, clock: newShiftedClock()}
	o := options(t)
	o.Clock, o.OnEvent, o.Intercept = tr.clock, tr.onEvent, tr.intercept
	for _, c := range change {
		c(&o)
	}
	var err error
	if tr.account, err = Start(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.account.Close(); err != nil {
			t.Error(err)
		}
	})
	tr.env = tr.account.Environments[environment]
	tr.regions, err = tr.account.Load(ctx, tr.env,
		Seed{Name: "Delaware", Code: "DE", Maps: 2, Data: small(10)},
		Seed{Name: "Rhode Island", Code: "RI", Maps: 1, Data: small(44)},
		Seed{Name: "Vermont", Code: "VT", Maps: 1, Data: small(50), Hidden: true})
	if err == nil && o.Security.Applications != nil { // find-regions relies on no list that is empty
		_, err = tr.account.Load(ctx, tr.account.other(tr.env), Seed{Name: "Ohio", Code: "OH", Data: small(39)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// upload puts new data for the first two regions beside the live data.
func (tr *trial) upload(faults ...regiongen.Fault) {
	tr.t.Helper()
	for i, r := range tr.regions[:2] {
		data := r.Data
		data.Revision++
		data.Tiles += 2*i - 1 // one object less than before, and one more
		if i < len(faults) {
			data.Fault = faults[i]
		}
		u := Update{URI: r.URI, Source: tr.env.NewURI("new", r.Code, Uploaded.AddDate(5, 0, 0))}
		if tr.env.Name == "Production" { // which takes over what is live on staging
			u.Source = tr.account.other(tr.env).NewURI("regions", r.Code, Uploaded.AddDate(5, 0, 0))
		}
		if _, err := tr.account.Upload(context.Background(), u.Source, data); err != nil {
			tr.t.Fatal(err)
		}
		tr.updates = append(tr.updates, u)
	}
}

// input is update-regions' for all uploads.
func (tr *trial) input(more map[string]any) map[string]any {
	regions := []map[string]any{}
	for _, u := range tr.updates {
		regions = append(regions, map[string]any{"uri": u.URI.String(), "source": u.Source.String()})
	}
	in := map[string]any{"regions": regions}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// run executes a machine to its end in a bubble, where hours take no time, and looks after every state.
func (tr *trial) run(machine string, input any) *asl.Result {
	tr.t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.account.Outside(func() { tr.audit, err = tr.account.NewAudit(context.Background(), tr.env, tr.updates...) })
	if err != nil {
		tr.t.Fatal(err)
	}
	result := tr.execute(tr.env.Prefix()+machine, text)
	if result.Status != asl.Succeeded {
		tr.failures = append(tr.failures, result.Error+": "+result.Cause)
	}
	return result
}

// execute runs a machine in a bubble.
func (tr *trial) execute(machine string, input []byte) *asl.Result {
	tr.t.Helper()
	return tr.executeAs("", machine, input)
}

func (tr *trial) executeAs(name, machine string, input []byte) (result *asl.Result) {
	tr.t.Helper()
	synctest.Test(tr.t, func(t *testing.T) {
		tr.account.pushTime()
		e, err := tr.account.StartExecution(machine, name, input)
		if err != nil {
			t.Fatal(err)
		}
		result = e.Wait()
		for _, other := range tr.account.Executions() {
			if other.Status() == "RUNNING" {
				other.Wait() // nobody has waited for its end
			}
		}
	})
	return result
}

func (tr *trial) onEvent(e *Execution, event asl.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	size := max(len(event.Input), len(event.Output), len(event.Parameters))
	if tr.bytes = max(tr.bytes, size); size > 32<<10 {
		tr.broken = append(tr.broken, fmt.Sprintf("%s: 7: %s has a payload of %d bytes, over 32 KiB", event.State, event.Type, size))
	}
	if tr.events = max(tr.events, int(event.ID)); event.ID == 5001 {
		tr.broken = append(tr.broken, event.State+": 7: more than 5,000 events; 25,000 is the limit")
	}
	if !strings.HasSuffix(event.Type, "StateEntered") {
		return
	}
	name := event.State
	if strings.HasSuffix(e.Machine, "restart-services") {
		name = "restart/" + name
	}
	tr.path = append(tr.path, name)
	tr.account.Outside(func() { tr.look(name) })
}

func (tr *trial) look(state string) {
	if tr.audit == nil {
		return
	}
	broken, err := tr.audit.Check(context.Background())
	if err != nil {
		broken = []string{err.Error()}
	}
	for _, b := range broken {
		if b = state + ": " + b; !slices.Contains(tr.broken, b) {
			tr.broken = append(tr.broken, b)
		}
	}
}

func (tr *trial) intercept(ctx context.Context, task asl.Task, perform func() (any, error)) (any, error) {
	if tr.fail == nil {
		return perform()
	}
	tr.mu.Lock()
	tr.attempts[task.State]++
	first := tr.attempts[task.State] == 1
	what := tr.fail(task)
	tr.mu.Unlock()
	planted := &asl.Error{Name: "Planted", Cause: "a planted failure of " + task.State}
	switch {
	case what == refused:
		return nil, planted
	case what == afterEffect:
		_, _ = perform()
		return nil, planted
	case what == lostOnce && first:
		_, _ = perform()
		return nil, &asl.Error{Name: "Lambda.Unknown", Cause: "the answer of " + task.State + " was lost"}
	case what == hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return perform()
}

// plant fails one state of one machine.
func plant(machine, state string, what failure) func(asl.Task) failure {
	return func(t asl.Task) failure {
		if t.State == state && strings.Contains(t.ExecutionID, ":"+"dbops-staging-"+machine+":") {
			return what
		}
		return none
	}
}

// must is the list of what a check found, which shall be empty.
func (tr *trial) must(check func(context.Context) ([]string, error)) {
	tr.t.Helper()
	found, err := check(context.Background())
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, f := range found {
		tr.t.Error(f)
	}
}

// held fails the test when an invariant did not hold after some state.
func (tr *trial) held() {
	tr.t.Helper()
	for _, b := range tr.broken {
		tr.t.Error(b)
	}
}

// distinct is the path with repetitions left out: each state once, in the order of its first entry.
func distinct(path []string) []string {
	var seen []string
	for _, p := range path {
		if !slices.Contains(seen, p) {
			seen = append(seen, p)
		}
	}
	return seen
}
