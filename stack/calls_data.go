package stack

import (
	"slices"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

func (e environment) inspects() []permission {
	return slices.Concat(listing(e.readable()), []permission{
		// Tags too: an inventory holds what a copy in parts must send again.
		onPrefixes("ReadData", e.readable(), "s3:GetObject", "s3:GetObjectTagging"),
		e.state("WriteInventory", []string{"s3:PutObject"}, recordsOf("inventory.json.gz", "findings.json")...),
	}, e.readsWithKeys(e.readable()))
}

// copies permits copying on S3's side from the given prefixes to below the destinations. A copy in parts needs no right
// of its own beside finding and aborting what an earlier call, cut off, has left.
func (e environment) copies(from, to []s3uri.Prefix, destinations string) []permission {
	return slices.Concat(listing(from), []permission{
		onPrefixes("ReadData", from, "s3:GetObject", "s3:GetObjectTagging"),
		onPrefixes("WriteData", to, "s3:PutObject", "s3:PutObjectTagging").below(destinations),
		onPrefixes("AbortUploads", to, "s3:AbortMultipartUpload").below(destinations),
		{id: "ListUploads", actions: []string{"s3:ListBucketMultipartUploads"}, resources: bucketARNs(buckets(to))},
	}, e.readsWithKeys(from), e.writesWithKeys(to))
}

func bucketARNs(buckets []string) []string {
	arns := make([]string, len(buckets))
	for i, b := range buckets {
		arns[i] = bucketARN(b)
	}
	return arns
}

// Where copies go: a backup beside the region, and never over live data; the others anywhere below the prefixes.
const (
	backups  = "-backup-*/*"
	anywhere = ""
)

func (e environment) backsUp() []permission {
	return append(e.copies(e.WritePrefixes, e.WritePrefixes, backups),
		e.state("ReadRecords", []string{"s3:GetObject"}, regionObjects),
		e.state("WriteRecords", []string{"s3:PutObject"}, recordsOf("live-inventory.json.gz", "backup.json", "backup-inventory.json.gz", "verified.json")...),
		e.seeMissingState())
}

// overwrites opens no closed entry: one is closed when the region was put back, or when the run is past undoing, and the
// run does not overwrite again after either.
func (e environment) overwrites() []permission {
	return slices.Concat(e.copies(e.readable(), e.WritePrefixes, anywhere), e.recordsJournal(), []permission{
		onPrefixes("RemoveData", e.WritePrefixes, "s3:DeleteObject"),
		e.state("ReadRecords", []string{"s3:GetObject"}, regionObjects),
		e.state("WriteRecords", []string{"s3:PutObject"}, recordsOf("overwrite.json", "busy.json")...),
	})
}

func (e environment) restores() []permission {
	return slices.Concat(e.copies(e.WritePrefixes, e.WritePrefixes, anywhere), e.closesJournal(), []permission{
		onPrefixes("RemoveData", e.WritePrefixes, "s3:DeleteObject"),
		e.state("ReadRecords", []string{"s3:GetObject"}, regionObjects),
		e.state("WriteRecords", []string{"s3:PutObject"}, recordsOf("restore.json")...),
	})
}

func (e environment) acquiresLock() []permission {
	return []permission{
		{id: "Lock", actions: []string{"s3:GetObject", "s3:PutObject"}, resources: []string{e.stateObjects(lockObject)}},
		e.state("Finished", []string{"s3:GetObject", "s3:PutObject"}, finishedMark),
		e.state("ReadJournal", []string{"s3:GetObject"}, journalObjects),
		e.seeMissingState(),
		e.describesExecutions(),
	}
}

func (e environment) releasesLock() []permission {
	return append(e.closesJournal(),
		permission{id: "Lock", actions: []string{"s3:GetObject", "s3:DeleteObject"}, resources: []string{e.stateObjects(lockObject)}},
		e.state("EndRun", []string{"s3:PutObject"}, finishedMark))
}

// commitsRun: an entry for what is to be done is recorded, and those of the data's undo are closed.
func (e environment) commitsRun() []permission { return e.recordsJournal() }

func (e environment) listsLeft() []permission {
	return []permission{
		{id: "Lock", actions: []string{"s3:GetObject"}, resources: []string{e.stateObjects(lockObject)}},
		e.state("ReadJournal", []string{"s3:GetObject"}, journalObjects),
		e.seeMissingState(),
	}
}

func (e environment) watchesLock() []permission {
	return []permission{
		{id: "Lock", actions: []string{"s3:GetObject"}, resources: []string{e.stateObjects(lockObject)}},
		e.seeMissingState(),
	}
}

func (e environment) startsUpdate() []permission {
	upload := bucketARN(e.UploadBucket)
	return append(e.readsWithKeys([]s3uri.Prefix{{Bucket: e.UploadBucket}}), []permission{
		{id: "ReadUpload", actions: []string{"s3:GetObject"}, resources: []string{upload + "/" + trigger.Folder + "*" + trigger.Extension},
			wildcard: "Uploads have names that nobody knows before."},
		// Without it an upload that is gone is answered with 403 instead of 404.
		{id: "SeeMissingUpload", actions: []string{"s3:ListBucket"}, resources: []string{upload},
			conditions: conditions{"StringLikeIfExists": {"s3:prefix": []string{trigger.Folder + "*"}}}},
		{id: "StartUpdate", actions: []string{"states:StartExecution"}, resources: []string{e.machineARN("update-regions")}},
		{id: "TellWhatIsWrong", actions: []string{"sns:Publish"}, resources: []string{e.topicARN(notifications)}},
	}...)
}
