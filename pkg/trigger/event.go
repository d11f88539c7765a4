// Package trigger starts an update of staging when a file is uploaded: the object's content is the execution's input.
package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Folder is where uploads are looked for, and Extension how their names end.
const (
	Folder    = "updates/"
	Extension = ".json"
)

// Event is EventBridge's "Object Created" of S3, as far as it is read here. It is delivered at least once.
type Event struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     Detail `json:"detail"`
}

// Detail is what was created, and how.
type Detail struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key  string `json:"key"`
		Size int64  `json:"size"`
		// ETag comes without the quotes that it has in HTTP.
		ETag string `json:"etag"`
		// VersionID is absent unless the bucket has versioning.
		VersionID string `json:"version-id"`
	} `json:"object"`
	// Reason is the API call: PutObject, POST Object, CopyObject or CompleteMultipartUpload. There is also a requester,
	// but it is only an account's number, so it cannot tell our own functions from a person.
	Reason string `json:"reason"`
}

// Validate implements lambdarun.Validator.
func (e Event) Validate() error {
	switch {
	case e.Source != "aws.s3" || e.DetailType != "Object Created":
		return fmt.Errorf("event %q of %q: expected \"Object Created\" of \"aws.s3\"", e.DetailType, e.Source)
	case e.Detail.Bucket.Name == "" || e.Detail.Object.Key == "" || e.Detail.Object.ETag == "":
		return errors.New("event without bucket, key or ETag of the object")
	}
	return nil
}

// uri is the object's location, for people.
func (d Detail) uri() string { return "s3://" + d.Bucket.Name + "/" + d.Object.Key }

// ignored says why an object is none of our business, or nothing.
func (d Detail) ignored() string {
	switch {
	case !strings.HasPrefix(d.Object.Key, Folder) || !strings.HasSuffix(d.Object.Key, Extension):
		return "the key is not " + Folder + "<name>" + Extension
	case d.Reason == "CopyObject":
		return "a copy starts nothing: upload the file"
	}
	return ""
}

// name is the part of the key between Folder and Extension.
func (d Detail) name() string {
	return strings.TrimSuffix(strings.TrimPrefix(d.Object.Key, Folder), Extension)
}

// badName says what is wrong with the upload's name. Characters that an event might show percent-encoded
// are refused, and with them those that the execution's name could not have.
func (d Detail) badName() error {
	name := d.name()
	allowed := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !allowed(r) }) {
		return fmt.Errorf("the name %q: expected letters, digits, '-', '_' and '.', and no folder below %s", name, Folder)
	}
	return nil
}

// maxShownName is how much of the upload's name the execution's name shows.
const maxShownName = 30

// executionName is the same for every delivery of the same object version, and for no other: Step Functions starts
// one execution a name. It has at most 71 characters, so that a nested execution's name can append to it.
func (d Detail) executionName() string {
	version := d.Object.VersionID
	if version == "" || version == "null" { // the version of an object from before versioning, or while it is suspended
		version = d.Object.ETag
	}
	sum := sha256.Sum256([]byte(d.Bucket.Name + "\x00" + d.Object.Key + "\x00" + version))
	shown := d.name()
	shown = shown[:min(len(shown), maxShownName)]
	return "upload-" + shown + "-" + hex.EncodeToString(sum[:16])
}
