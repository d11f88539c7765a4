package objectstore

import (
	"net/http"
	"time"
)

// Hooks change how a Front serves. Each may be nil; they are called by many goroutines at once.
type Hooks struct {
	// Authorize decides whether the owner of an access key may send a request. Signatures are not verified: the name
	// of the key is all that it has, "" for an unsigned request. Its error becomes a 403 AccessDenied. nil allows everything.
	Authorize func(r *http.Request, accessKey string) error
	// KeyOf returns the ARN of the KMS key that a bucket is encrypted with, or "" for S3's own. Nothing is encrypted here, but
	// answers tell the key, and ETags are no MD5 sums. nil is S3's own for all buckets.
	KeyOf func(bucket string) string
	// Fault says what goes wrong with one request. op is the API's name, as "CopyObject"; key is "" for a bucket's own.
	Fault func(op, bucket, key string) Fault
	// OnObjectCreated is told of every object that a PutObject, CopyObject or CompleteMultipartUpload has made,
	// after it was made and before the caller has its answer.
	OnObjectCreated func(Event)
}

// Fault is what goes wrong with a request. The zero Fault is nothing.
type Fault struct {
	// Delay is how long the request waits before anything else happens.
	Delay time.Duration
	// Before runs next, before the request reaches the store: the place to change an object under a copy.
	Before func()
	// Refuse answers this error without any effect.
	Refuse *Refusal
	// LostAnswer lets the effect happen and then cuts the connection without an answer.
	LostAnswer bool
	// Replace answers this error after the effect has happened.
	Replace *Refusal
}

// Refusal is an error answer of S3.
type Refusal struct {
	Status  int
	Code    string
	Message string
}

// SlowDown is S3's answer to more requests than a prefix can bear at the moment.
func SlowDown() *Refusal {
	return &Refusal{http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."}
}

// InternalError is S3's answer when something broke inside.
func InternalError() *Refusal {
	return &Refusal{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
}

// Event tells of an object that was made, with the fields of EventBridge's "Object Created".
type Event struct {
	Bucket, Key string
	Size        int64
	ETag        string // without quotes
	VersionID   string // "" in a bucket without versions
	Reason      string // PutObject, CopyObject or CompleteMultipartUpload
	Requester   string // the access key of the caller
}
