package fleetsim

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/apploader"
)

// lives is how often a region may fail before the process exits.
const lives = 6

// app is the process in a task: it loads every region's topology and tells how far it is.
type app struct {
	w     *World
	task  *task
	pid   int
	known bool    // region_config has been read
	loads []*load // in the order of loading
	scale float64 // seconds of loading a unit of weight
}

type load struct {
	region      Region
	state       string // waiting, loading or loaded
	tries       int
	fingerprint string
	at          time.Time // of the reading that succeeded
}

const (
	waiting = "pending"
	loading = "loading"
	loaded  = "loaded"
)

func (w *World) newApp(t *task) *app { return &app{w: w, task: t, pid: 17 + w.rng.IntN(30)} }

// alive reports whether this process still is the task's.
func (a *app) alive() bool { return a.task.app == a }

// start reads region_config some seconds after the container started, and begins to load.
func (a *app) start() {
	a.logStart()
	a.w.after(a.w.between(4*time.Second, 9*time.Second), a.readRows)
}

func (a *app) readRows() {
	if !a.alive() {
		return
	}
	regions, err := a.rows()
	if err != nil {
		a.log("ERROR", "TypeOrmModule", "Unable to connect to the database. Retrying (1)... "+err.Error())
		a.w.after(3*time.Second, a.readRows)
		return
	}
	a.know(regions)
	for range a.w.timing.LoadSlots {
		a.loadNext()
	}
	a.watch()
}

func (a *app) rows() ([]Region, error) {
	if a.w.cfg.Regions == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return a.w.cfg.Regions.LiveRegions(ctx)
}

// know lists the regions to load, larger ones first.
func (a *app) know(regions []Region) {
	slices.SortStableFunc(regions, func(x, y Region) int { return y.LayerSize - x.LayerSize })
	a.known, a.loads = true, nil
	for _, r := range regions {
		a.loads = append(a.loads, &load{region: r, state: waiting})
	}
	a.scale = a.w.loadScale(regions)
	a.w.changed()
}

// adopt makes an app of the steady state have loaded everything long ago.
func (a *app) adopt() {
	regions, err := a.rows()
	if err != nil {
		a.w.after(10*time.Second, a.adopt)
		return
	}
	a.know(regions)
	for _, l := range a.loads {
		l.state, l.at = loaded, a.task.startedAt
		l.fingerprint, _ = a.read(l.region.URI) // one that cannot be read now may well have been readable then
	}
	a.watch()
}

func (a *app) loadNext() {
	for _, l := range a.loads {
		if l.state == waiting {
			a.try(l)
			return
		}
	}
}

// try reads a region's files once. They are read at the beginning, and the result is known when loading them has
// taken its time.
func (a *app) try(l *load) {
	if l.state != loading {
		l.state = loading
		a.w.changed()
	}
	began := a.w.now
	fingerprint, err := a.read(l.region.URI)
	if errors.Is(err, apploader.ErrSilentHang) {
		a.log("ERROR", "TopologyService", err.Error())
		a.w.after(time.Second, a.ifAlive(a.loadNext)) // the application takes it for done, the health check does not
		return
	}
	if err != nil {
		a.w.after(a.w.between(a.w.timing.Failure/20, a.w.timing.Failure), a.ifAlive(func() { a.failed(l, err) }))
		return
	}
	a.w.after(time.Duration(a.scale*weight(l.region)*float64(time.Second)), a.ifAlive(func() {
		l.state, l.fingerprint, l.at = loaded, fingerprint, began
		a.w.changed()
		a.loadNext()
	}))
}

// failed logs a failed try and begins the next one at once, or exits.
func (a *app) failed(l *load, err error) {
	l.tries++
	a.logFailure(l, err)
	if l.tries < lives {
		a.try(l)
		return
	}
	a.task.service.failed++
	a.w.exit(a.task, 1)
}

func (a *app) read(uri string) (string, error) {
	if a.w.cfg.Loader == nil {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return a.w.cfg.Loader.Load(ctx, uri)
}

// watch looks for changed rows now and then: a request for a map of a region whose s3_uri is new makes a running task
// load it, and its health check fail until it has.
func (a *app) watch() {
	a.w.after(a.w.about(a.w.timing.Request, 0.2), a.ifAlive(func() {
		a.watch()
		regions, err := a.rows()
		if err != nil {
			return
		}
		for _, r := range regions {
			if !slices.ContainsFunc(a.loads, func(l *load) bool { return l.region.URI == r.URI }) {
				l := &load{region: r, state: waiting}
				a.loads = append(a.loads, l)
				a.try(l)
			}
		}
	}))
}

func (a *app) ifAlive(run func()) func() {
	return func() {
		if a.alive() {
			run()
		}
	}
}

// ready is what the health check answers.
func (a *app) ready() bool {
	return a.known && !slices.ContainsFunc(a.loads, func(l *load) bool { return l.state != loaded })
}

// weight is a region's share of the loading; its requests take time even when its size is not known.
func weight(r Region) float64 { return float64(r.LayerSize + 64<<10) }

// loadScale is how many seconds a unit of weight takes, so that loading all regions in their order through the
// task's slots takes as long as a task takes.
func (w *World) loadScale(regions []Region) float64 {
	slots := make([]float64, w.timing.LoadSlots)
	for _, r := range regions {
		first := slices.Index(slots, slices.Min(slots))
		slots[first] += weight(r)
	}
	total := w.about(w.timing.Load, 0.1)
	if w.cfg.TaskLoad != nil {
		total = w.cfg.TaskLoad(regions)
	}
	return total.Seconds() / max(slices.Max(slots), 1)
}
