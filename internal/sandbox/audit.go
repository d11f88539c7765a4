package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/fleetsim"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Audit looks, from outside the functions, whether what must always hold does hold. It knows how the environment was
// before a run, and what the run was asked to do.
type Audit struct {
	account *Account
	env     *Environment
	updates []Update

	before  map[string]Row            // by id
	live    map[s3uri.Prefix]contents // before the run
	wanted  map[s3uri.Prefix]contents // what the sources held when the run began
	other   map[string]Row            // the other environment's rows
	fleet   fleetsim.Snapshot
	since   int // length of the fleet's history
	bumpsOK bool
	excused int // healthy tasks that may be missing
	listed  map[s3uri.Prefix]listing
	beside  map[s3uri.Prefix]siblings
}

// listing is what was seen of a place, and the state of its bucket before.
type listing struct {
	writes  int64
	objects contents
}

// siblings are the backups that were seen beside a place.
type siblings struct {
	writes int64
	places []s3uri.Prefix
}

// Update is one region of a run: new data at Source for the region at URI.
type Update struct{ URI, Source s3uri.Prefix }

// Row is what the audit looks at in region_config.
type Row struct {
	ID, Name, URI string
	Version       time.Time
}

type contents map[string]string // relative key to ETag and size

// NewAudit notes how everything is now.
func (a *Account) NewAudit(ctx context.Context, e *Environment, updates ...Update) (*Audit, error) {
	audit := &Audit{account: a, env: e, updates: updates, live: map[s3uri.Prefix]contents{}, wanted: map[s3uri.Prefix]contents{}, listed: map[s3uri.Prefix]listing{}, beside: map[s3uri.Prefix]siblings{}}
	e.Fleet.Advance(a.Now())
	audit.fleet, audit.since = e.Fleet.Snapshot(), len(e.Fleet.History())
	var err error
	if audit.before, err = e.Rows(ctx); err != nil {
		return nil, err
	}
	if audit.other, err = a.other(e).Rows(ctx); err != nil {
		return nil, err
	}
	if err := audit.countBumps(ctx); err != nil {
		return nil, err
	}
	for _, u := range updates {
		if audit.live[u.URI], err = audit.contents(ctx, u.URI); err != nil {
			return nil, err
		}
		if audit.wanted[u.URI], err = audit.contents(ctx, u.Source); err != nil {
			return nil, err
		}
	}
	return audit, nil
}

// Excuse says that a healthy task is about to be lost by no doing of the functions.
func (a *Audit) Excuse() { a.excused++ }

func (a *Account) other(e *Environment) *Environment {
	for _, o := range a.Environments {
		if o != e {
			return o
		}
	}
	return nil
}

// Rows reads region_config by id.
func (e *Environment) Rows(ctx context.Context) (map[string]Row, error) {
	found, err := e.DB.Query(ctx, `SELECT id::text, name, s3_uri, version FROM region_config`)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByPos[Row])
	byID := make(map[string]Row, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, err
}

func (a *Audit) contents(ctx context.Context, p s3uri.Prefix) (contents, error) {
	writes := a.account.servers.S3.Writes(p.Bucket)
	if known, ok := a.listed[p]; ok && known.writes == writes {
		return known.objects, nil
	}
	var found map[string]string
	err := a.account.servers.S3.Still(p.Bucket, func() (err error) {
		writes = a.account.servers.S3.Writes(p.Bucket)
		found, err = objects(ctx, a.account.S3(), p.Bucket, p.Key)
		return err
	})
	if err == nil {
		a.listed[p] = listing{writes, found}
	}
	return found, err
}

// Check says what does not hold at this moment, of what must hold after every state: invariants 1 to 4, and of 5 that
// what is not as before is recorded.
func (a *Audit) Check(ctx context.Context) (broken []string, err error) {
	a.env.Fleet.Advance(a.account.Now())
	say := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	kept, err := a.state(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.env.Rows(ctx)
	if err != nil {
		return nil, err
	}
	live := map[s3uri.Prefix]contents{}
	for _, u := range a.updates {
		if live[u.URI], err = a.contents(ctx, u.URI); err != nil {
			return nil, err
		}
		if why, err := a.dataLost(ctx, u, rows, live[u.URI]); err != nil {
			return nil, err
		} else if why != "" {
			say("1: %s", why)
		}
	}
	for _, s := range a.env.Fleet.History()[a.since-1:] {
		if s.Healthy < a.fleet.Healthy-a.excused {
			say("2: %d healthy targets at %s, usually %d", s.Healthy, s.At.Format(time.TimeOnly), a.fleet.Healthy)
			break
		}
	}
	others, err := a.account.other(a.env).Rows(ctx)
	if err != nil {
		return nil, err
	}
	if !maps.Equal(others, a.other) {
		say("3: the other environment's rows have changed")
	}
	for id, was := range a.before {
		if rows[id].URI != was.URI {
			say("3: s3_uri of %s was %s and is %s", was.Name, was.URI, rows[id].URI)
		}
	}
	broken = append(broken, a.bumpedTooEarly(rows, live)...)
	for _, check := range []func() ([]string, error){
		func() ([]string, error) { return a.bumpedTwice(ctx) },
		func() ([]string, error) { return a.notRecorded(ctx, kept, rows, live) },
	} {
		found, err := check()
		if err != nil {
			return nil, err
		}
		broken = append(broken, found...)
	}
	return broken, nil
}

// dataLost tells how the data from before the run is neither live nor in a backup.
func (a *Audit) dataLost(ctx context.Context, u Update, rows map[string]Row, live contents) (string, error) {
	old := a.live[u.URI]
	if maps.Equal(live, old) || maps.Equal(live, a.wanted[u.URI]) && a.versionChanged(u, rows) {
		return "", nil
	}
	backups, err := a.backups(ctx, u.URI)
	if err != nil {
		return "", err
	}
	for _, b := range backups {
		if held, err := a.contents(ctx, b); err != nil || maps.Equal(held, old) {
			return "", err
		}
	}
	return fmt.Sprintf("%s has changed, and none of its %d backups holds what was there", u.URI, len(backups)), nil
}

func (a *Audit) versionChanged(u Update, rows map[string]Row) bool {
	for id, was := range a.before {
		if was.URI == u.URI.String() && !rows[id].Version.Equal(was.Version) {
			return true
		}
	}
	return false
}

// backups lists the siblings of a prefix that look like backups of it.
func (a *Audit) backups(ctx context.Context, p s3uri.Prefix) ([]s3uri.Prefix, error) {
	writes := a.account.servers.S3.Writes(p.Bucket)
	if known, ok := a.beside[p]; ok && known.writes == writes {
		return known.places, nil
	}
	stem := strings.TrimSuffix(p.Key, "/") + "-backup-"
	out, err := a.account.S3().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &p.Bucket, Prefix: &stem, Delimiter: aws.String("/")})
	if err != nil {
		return nil, err
	}
	var found []s3uri.Prefix
	for _, c := range out.CommonPrefixes {
		found = append(found, s3uri.Prefix{Bucket: p.Bucket, Key: aws.ToString(c.Prefix)})
	}
	a.beside[p] = siblings{writes, found}
	return found, nil
}

// bumpedTooEarly tells of versions that changed although they must not have yet, or at all.
func (a *Audit) bumpedTooEarly(now map[string]Row, live map[s3uri.Prefix]contents) (broken []string) {
	for id, was := range a.before {
		if now[id].Version.Equal(was.Version) {
			continue
		}
		i := slices.IndexFunc(a.updates, func(u Update) bool { return u.URI.String() == was.URI })
		switch {
		case i < 0:
			broken = append(broken, fmt.Sprintf("4: the version of %s changed, which was not updated", was.Name))
		case !now[id].Version.After(was.Version) || now[id].Version.Nanosecond()%1e6 != 0:
			broken = append(broken, fmt.Sprintf("4: the version of %s went from %s to %s", was.Name, was.Version, now[id].Version))
		case !a.bumpsOK:
			if why := a.notReadyToBump(a.updates[i], live[a.updates[i].URI]); why != "" {
				broken = append(broken, fmt.Sprintf("4: the version of %s changed although %s", was.Name, why))
			}
		}
	}
	return broken
}

func (a *Audit) notReadyToBump(u Update, live contents) string {
	if !maps.Equal(live, a.wanted[u.URI]) {
		return "the new data is not live"
	}
	s := a.env.Fleet.Snapshot()
	if s.Healthy < a.fleet.Healthy {
		return fmt.Sprintf("%d tasks are healthy", s.Healthy)
	}
	for _, t := range s.Tasks {
		if slices.ContainsFunc(a.OldTasks(), func(old string) bool { return old == t.ARN }) && t.Status != "STOPPED" {
			return "old task " + t.ID + " is " + t.Status
		}
	}
	a.bumpsOK = true // from here on the fleet may do what it likes
	return ""
}

// OldTasks are the ARNs of the tasks from before the run.
func (a *Audit) OldTasks() []string {
	var arns []string
	for _, t := range a.fleet.Tasks {
		if t.Service == a.env.Fleet.Names.Service {
			arns = append(arns, t.ARN)
		}
	}
	return arns
}

// Restored says what is not as it was before, after an end that is not FailedDirty: invariant 5.
func (a *Audit) Restored(ctx context.Context) (left []string, err error) {
	now := a.env.Fleet.Snapshot()
	say := func(format string, args ...any) { left = append(left, fmt.Sprintf(format, args...)) }
	if now.Desired != a.fleet.Desired {
		say("5: the service wants %d tasks, before %d", now.Desired, a.fleet.Desired)
	}
	if now.Group.Desired != a.fleet.Group.Desired {
		say("5: the group wants %d instances, before %d", now.Group.Desired, a.fleet.Group.Desired)
	}
	if now.Group.Fenced != a.fleet.Group.Fenced {
		say("5: the group is fenced: %v, before %v", now.Group.Fenced, a.fleet.Group.Fenced)
	}
	for _, t := range now.Tasks {
		if t.Protected {
			say("5: task %s is still protected", t.ID)
		}
	}
	_, err = a.account.S3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &a.env.StateBucket, Key: aws.String("lock.json")})
	var missing *types.NotFound
	if err == nil {
		say("5: the lock is still there")
	} else if !errors.As(err, &missing) {
		return nil, err
	}
	return left, nil
}

// Unchanged says what differs from before in data and versions, after an end that undid everything.
func (a *Audit) Unchanged(ctx context.Context) (changed []string, err error) {
	rows, err := a.env.Rows(ctx)
	if err != nil {
		return nil, err
	}
	if !maps.EqualFunc(rows, a.before, func(x, y Row) bool { return x.URI == y.URI && x.Version.Equal(y.Version) }) {
		changed = append(changed, "rows of region_config have changed")
	}
	for _, u := range a.updates {
		live, err := a.contents(ctx, u.URI)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(live, a.live[u.URI]) {
			changed = append(changed, u.URI.String()+" is not what it was")
		}
	}
	return changed, nil
}

// Updated says what is missing after a success: the new data, the new versions, the new tasks.
func (a *Audit) Updated(ctx context.Context) (missing []string, err error) {
	rows, err := a.env.Rows(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range a.updates {
		live, err := a.contents(ctx, u.URI)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(live, a.wanted[u.URI]) {
			missing = append(missing, u.URI.String()+" is not the new data")
		}
		for id, was := range a.before {
			if was.URI == u.URI.String() && !rows[id].Version.After(was.Version) {
				missing = append(missing, "the version of "+was.Name+" is still "+was.Version.String())
			}
		}
	}
	return append(missing, a.notReplaced()...), nil
}

// notReplaced tells of old tasks that still run.
func (a *Audit) notReplaced() (running []string) {
	for _, t := range a.env.Fleet.Snapshot().Tasks {
		if slices.Contains(a.OldTasks(), t.ARN) && t.Status != "STOPPED" {
			running = append(running, "old task "+t.ID+" is "+t.Status)
		}
	}
	return running
}

// Replaced says which old tasks still run, after a restart that succeeded.
func (a *Audit) Replaced() []string { return a.notReplaced() }

// Served says which healthy task has loaded something else than what is live: browsers would read one, the task the other.
func (a *Audit) Served(ctx context.Context) (wrong []string, err error) {
	live := map[string]string{}
	for _, u := range a.updates {
		f, err := filesAt(a.account.S3(), u.URI.String())
		if err != nil {
			return nil, err
		}
		if live[u.URI.String()], err = f.fingerprint(ctx); err != nil {
			return nil, err
		}
	}
	for _, t := range a.env.Fleet.Snapshot().Tasks {
		if t.Service != a.env.Fleet.Names.Service || t.Target != "healthy" {
			continue
		}
		for _, l := range t.Loaded {
			if want, updated := live[l.URI]; updated && l.Fingerprint != want {
				wrong = append(wrong, fmt.Sprintf("task %s has loaded other data of %s than is live", t.ID, l.URI))
			}
		}
	}
	return wrong, nil
}
