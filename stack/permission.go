package stack

import (
	"fmt"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// permission is one statement of a policy. Its ID is the statement's Sid, unique within a role,
// so that a test can take away one statement by name.
type permission struct {
	id         string
	deny       bool
	actions    []string
	resources  []string
	conditions conditions
	// wildcard says why a resource holds one, for a reviewer. Without it cdk-nag refuses the wildcard.
	wildcard string
}

// conditions are values by operator and key.
type conditions map[string]map[string]any

// Reasons for wildcards.
const (
	perObject     = "The objects below the prefixes that the settings name; their names are the region data's own."
	perRun        = "A run's own folder; run names are not known before they start."
	perTask       = "Tasks and container instances of the one cluster; their IDs are not known before they start."
	perExecution  = "Executions of this stack's own state machines; their names are not known before they start."
	groupID       = "The ARN of an Auto Scaling group holds an ID that nobody chooses; the name is exact."
	noResource    = "The API has no resource-level permission for this read."
	allAlarms     = "A listing of alarms, by prefix or whole, is authorised on all alarms of the account and region."
	streamsOf     = "The streams of the one log group; Lambda names them."
	tracing       = "X-Ray has no resource-level permission for sending traces."
	interfacesOf  = "Lambda itself makes the network interfaces of a function in a VPC; the Deny beside it keeps the function's code from doing so."
	logDeliveries = "Log deliveries have no resource-level permission."
)

// Journal calls. Reading a lock or a mark that does not exist must be answered with 404: without ListBucket on the
// bucket as a whole S3 says 403 instead, which is a failure.
func (e environment) seeMissingState() permission {
	return permission{id: "SeeMissingState", actions: []string{"s3:ListBucket"}, resources: []string{bucketARN(e.StateBucket())}}
}

// state permits the actions on objects of the state bucket, each given by its path below the bucket.
func (e environment) state(id string, actions []string, paths ...string) permission {
	p := permission{id: id, actions: actions, wildcard: perRun}
	for _, path := range paths {
		p.resources = append(p.resources, e.stateObjects(path))
	}
	return p
}

// The paths of the state bucket that actions use.
const (
	lockObject     = "lock.json"
	journalObjects = "runs/*/journal/*"
	closedMarks    = "runs/*/journal/*.closed.json"
	finishedMark   = "runs/*/finished.json"
	regionObjects  = "runs/*/regions/*"
)

// closesJournal is what an inverse needs to close its entry.
func (e environment) closesJournal() []permission {
	return []permission{
		e.state("ReadJournal", []string{"s3:GetObject"}, journalObjects),
		e.state("CloseJournal", []string{"s3:PutObject"}, closedMarks),
		e.seeMissingState(),
	}
}

// recordsJournal is what an action needs to record an inverse once.
func (e environment) recordsJournal() []permission {
	return []permission{
		e.state("SeeWhetherEnded", []string{"s3:GetObject"}, finishedMark),
		e.state("RecordJournal", []string{"s3:GetObject", "s3:PutObject"}, journalObjects),
		e.seeMissingState(),
	}
}

// reopensJournal is what recording needs as well when a run may record anew what it has undone: the mark of the closed
// entry is removed.
func (e environment) reopensJournal() permission {
	return e.state("ReopenJournal", []string{"s3:DeleteObject"}, closedMarks)
}

// recordsOf are a region's records in a run's folder, by name.
func recordsOf(names ...string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = "runs/*/regions/*/" + name
	}
	return paths
}

// onPrefixes permits actions on the objects below the prefixes.
func onPrefixes(id string, prefixes []s3uri.Prefix, actions ...string) permission {
	p := permission{id: id, actions: actions, wildcard: perObject}
	for _, prefix := range prefixes {
		p.resources = append(p.resources, bucketARN(prefix.Bucket)+"/"+prefix.Key+"*")
	}
	return p
}

// below narrows a permission on prefixes to keys that end as given, a pattern.
func (p permission) below(pattern string) permission {
	narrowed := p
	narrowed.resources = make([]string, len(p.resources))
	for i, r := range p.resources {
		narrowed.resources[i] = r + pattern
	}
	return narrowed
}

// listing permits to list below the prefixes: a statement a bucket, for each has prefixes of its own.
func listing(prefixes []s3uri.Prefix) []permission {
	var found []permission
	for _, bucket := range buckets(prefixes) {
		var below []string
		for _, p := range prefixes {
			if p.Bucket == bucket {
				below = append(below, p.Key+"*")
			}
		}
		found = append(found, permission{
			id: fmt.Sprintf("List%d", len(found)+1), actions: []string{"s3:ListBucket"}, resources: []string{bucketARN(bucket)},
			conditions: conditions{"StringLike": {"s3:prefix": below}},
		})
	}
	return found
}

func buckets(prefixes []s3uri.Prefix) []string {
	var names []string
	for _, p := range prefixes {
		if !slices.Contains(names, p.Bucket) {
			names = append(names, p.Bucket)
		}
	}
	return names
}

// readable are all prefixes that data is read from.
func (e environment) readable() []s3uri.Prefix {
	all := slices.Clone(e.WritePrefixes)
	for _, p := range e.ReadPrefixes {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// keysOf permits the use of the keys of the prefixes' buckets, if they have any, through S3 only.
func (e environment) keysOf(id string, prefixes []s3uri.Prefix, action string) []permission {
	p := permission{id: id, actions: []string{action}, conditions: conditions{"StringEquals": {"kms:ViaService": "s3." + e.Region + ".amazonaws.com"}}}
	for _, b := range buckets(prefixes) {
		if arn := e.DataKeys[b]; arn != "" && !slices.Contains(p.resources, arn) {
			p.resources = append(p.resources, arn)
		}
	}
	if p.resources == nil {
		return nil
	}
	return []permission{p}
}

// readsWithKeys permits to decrypt what is read, writesWithKeys to encrypt what is written. A copy in parts also decrypts
// what it has written: the destinations of all copies are among their sources.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
func (e environment) readsWithKeys(prefixes []s3uri.Prefix) []permission {
	return e.keysOf("ReadKeys", prefixes, "kms:Decrypt")
}

func (e environment) writesWithKeys(prefixes []s3uri.Prefix) []permission {
	return e.keysOf("WriteKeys", prefixes, "kms:GenerateDataKey")
}
