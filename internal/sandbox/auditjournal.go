package sandbox

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// notRecorded tells of what is not as it was before the run although no open undo entry says so, and of changes under
// no lock: the side of invariant 5 that must hold after every state. A run that is cut off anywhere then leaves a
// journal that lists all that there is to put back.
//
// Functions are at work meanwhile, so the bucket is listed before and after all else was looked at: an entry counts that
// was open at either time.
func (a *Audit) notRecorded(ctx context.Context, before map[string]string, rows map[string]Row, live map[s3uri.Prefix]contents) (broken []string, err error) {
	changed := a.changed(rows, live)
	after, err := a.state(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range slices.Sorted(maps.Keys(changed)) {
		if !open(before, step) && !open(after, step) {
			broken = append(broken, "5: "+changed[step]+", and no open undo entry says so")
		}
	}
	if before["lock.json"]+after["lock.json"] == "" && len(changed) > 0 {
		broken = append(broken, "5: there is no lock, but "+strings.Join(slices.Sorted(maps.Values(changed)), " and "))
	}
	return broken, nil
}

// state lists what is kept in the state bucket.
func (a *Audit) state(ctx context.Context) (map[string]string, error) {
	return a.contents(ctx, s3uri.Prefix{Bucket: a.env.StateBucket})
}

// changed tells what is not as it was before the run, by the step whose entry must be open for that.
func (a *Audit) changed(rows map[string]Row, live map[s3uri.Prefix]contents) map[string]string {
	now := a.env.Fleet.Snapshot()
	changed := map[string]string{}
	if now.Desired != a.fleet.Desired {
		changed["scale-service"] = "the service's desired count has changed"
	}
	if now.Group.Desired != a.fleet.Group.Desired {
		changed["scale-group"] = "the group's desired capacity has changed"
	}
	if now.Group.Fenced != a.fleet.Group.Fenced {
		changed["fence-group"] = "the group's fence has changed"
	}
	for _, t := range now.Tasks {
		if t.Protected && t.Status != "STOPPED" {
			changed["protect-tasks"] = "tasks are protected"
		}
	}
	for _, u := range a.updates {
		for id, was := range a.before {
			if was.URI == u.URI.String() && rows[id].Version.Equal(was.Version) && !maps.Equal(live[u.URI], a.live[u.URI]) {
				changed["overwrite-region/"+id] = was.URI + " is not what it was, and its version is"
			}
		}
	}
	return changed
}

// open looks for a step's entry without a closing mark in a state bucket's listing. Once a run is committed, the entry
// that completes it stands for those that would undo its data.
func open(kept map[string]string, step string) bool {
	for key := range kept {
		entry, is := strings.CutSuffix(key, ".json")
		_, closed := kept[entry+".closed.json"]
		if !is || closed || strings.HasSuffix(entry, ".closed") || !strings.Contains(entry, "/journal/") {
			continue
		}
		name := strings.ReplaceAll(entry[strings.LastIndex(entry, "/")+1:], "%2F", "/")
		if name == step || name == "bump-versions" && strings.HasPrefix(step, "overwrite-region/") {
			return true
		}
	}
	return false
}

// countBumps lets the database count every change of a version by whomever: a second bump need not show in the result.
func (a *Audit) countBumps(ctx context.Context) error {
	_, err := a.env.DB.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS version_changes (id uuid, version timestamptz);
		TRUNCATE version_changes;
		CREATE OR REPLACE FUNCTION note_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
			$$ BEGIN INSERT INTO version_changes VALUES (NEW.id, NEW.version); RETURN NULL; END $$;
		CREATE OR REPLACE TRIGGER note_version AFTER UPDATE OF version ON region_config FOR EACH ROW EXECUTE FUNCTION note_version()`)
	return err
}

// bumpedTwice tells of versions that changed more than once since the audit began.
func (a *Audit) bumpedTwice(ctx context.Context) (broken []string, err error) {
	found, err := a.env.DB.Query(ctx, `SELECT id::text, max(version) FROM version_changes GROUP BY id HAVING count(*) > 1`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var id string
		var version time.Time
		if err := found.Scan(&id, &version); err != nil {
			return nil, err
		}
		broken = append(broken, "4: the version of "+a.before[id].Name+" was bumped more than once")
	}
	return broken, found.Err()
}
