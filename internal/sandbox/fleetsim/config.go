package fleetsim

import (
	"cmp"
	"context"
	"time"
)

// Config describes a World.
type Config struct {
	// Environment is "Staging" or "Production"; every name in the account derives from it.
	Environment string
	// Usual is the service's steady count n: the group has at least n and at most 2n+1 instances. 0 means 3.
	Usual int
	// Region and Account stand in ARNs. Empty means us-east-1 and 123456789012.
	Region, Account string
	// Seed decides everything random.
	Seed uint64
	// Now is the clock; requests advance the World to it. Required.
	Now func() time.Time

	// Regions are the rows that a starting task loads, Loader reads one region's files. Both are called while the World
	// is locked, so they must not call it back. With a nil Loader every region loads, and has no fingerprint.
	Regions RegionSource
	Loader  Loader
	// TaskLoad tells how long a task takes to load all these regions; nil means Timing.Load, ±10 %.
	TaskLoad func(regions []Region) time.Duration

	Timing Timing
	// Faults is how nasty the account is; nil means Mild.
	Faults *Faults
	// Fault, if set, is asked first at every API call; n counts the calls of that action from 1.
	Fault func(service, action string, n int) Fault

	// ReservedPercent is the CPU that a task reserves of its host. 0 means 100. Below 100 the alarm is in ALARM for ever.
	ReservedPercent float64
	// OldAgent makes ECS refuse all task protection, as with a container agent before 1.65.0.
	OldAgent bool
	// NoFargate leaves the Fargate service without a task, as its desired count says.
	NoFargate bool
	// OldBuild makes health lines name pendingLayers instead of pending and loading.
	OldBuild bool
}

// Region is a row of region_config with archived = false.
type Region struct {
	ID, URI   string
	LayerSize int // layer_size_in_bytes
}

// RegionSource reads region_config.
type RegionSource interface {
	LiveRegions(ctx context.Context) ([]Region, error)
}

// Loader loads a region as a task does. The error's text is what the application logs after "err"; an error that is
// apploader.ErrSilentHang leaves the region loading for ever. The fingerprint identifies the content that was loaded.
type Loader interface {
	Load(ctx context.Context, uri string) (fingerprint string, err error)
}

// Timing holds the durations of the account; zero values mean the defaults named here.
type Timing struct {
	InstanceLaunch time.Duration // from the request to a registered container instance: 150 s, ±20 %
	TaskStart      time.Duration // from PROVISIONING to RUNNING: 60 s, ±20 %
	Load           time.Duration // all regions of one task: 22 min, ±10 %
	LoadSlots      int           // regions that a task loads at once: 4
	Failure        time.Duration // longest failing try to load a region: 60 s; the shortest is a twentieth
	Request        time.Duration // between requests that make a running task see changed rows: 3 min, ±20 %
	Probe          time.Duration // between health checks: 30 s
	HealthyAfter   int           // successful probes: 3
	UnhealthyAfter int           // failed probes: 2
	Deregistration time.Duration // draining: 300 s
	StopGrace      time.Duration // longest stay in STOPPING: 30 s
	HealthGrace    time.Duration // the service ignores target health after a start: 45 min
	Cooldown       time.Duration // of the group's policy: the same as HealthGrace
	AlarmPeriod    time.Duration // the alarm looks at the average over: 600 s
	Schedule       time.Duration // between looks of the service scheduler: 10 s
	Visible        time.Duration // stopped tasks stay visible: 65 min
}

func (t Timing) withDefaults() Timing {
	grace := cmp.Or(t.HealthGrace, 45*time.Minute)
	return Timing{
		InstanceLaunch: cmp.Or(t.InstanceLaunch, 150*time.Second),
		TaskStart:      cmp.Or(t.TaskStart, time.Minute),
		Load:           cmp.Or(t.Load, 22*time.Minute),
		LoadSlots:      cmp.Or(t.LoadSlots, 4),
		Failure:        cmp.Or(t.Failure, time.Minute),
		Request:        cmp.Or(t.Request, 3*time.Minute),
		Probe:          cmp.Or(t.Probe, 30*time.Second),
		HealthyAfter:   cmp.Or(t.HealthyAfter, 3),
		UnhealthyAfter: cmp.Or(t.UnhealthyAfter, 2),
		Deregistration: cmp.Or(t.Deregistration, 300*time.Second),
		StopGrace:      cmp.Or(t.StopGrace, 30*time.Second),
		HealthGrace:    grace,
		Cooldown:       cmp.Or(t.Cooldown, grace),
		AlarmPeriod:    cmp.Or(t.AlarmPeriod, 600*time.Second),
		Schedule:       cmp.Or(t.Schedule, 10*time.Second),
		Visible:        cmp.Or(t.Visible, 65*time.Minute),
	}
}

func (c Config) withDefaults() Config {
	c.Environment = cmp.Or(c.Environment, "Staging")
	c.Usual = cmp.Or(c.Usual, 3)
	c.Region = cmp.Or(c.Region, "us-east-1")
	c.Account = cmp.Or(c.Account, "123456789012")
	c.ReservedPercent = cmp.Or(c.ReservedPercent, 100)
	c.Timing = c.Timing.withDefaults()
	if c.Faults == nil {
		mild := Mild()
		c.Faults = &mild
	}
	return c
}
