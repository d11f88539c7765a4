package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// own is what the process that copies with pkg/s3copy tells of itself.
type own struct {
	Verified float64 `json:"verified"` // seconds of verifying
	Idle     int64   `json:"idle"`     // resident bytes before
	Peak     int64   `json:"peak"`     // most resident bytes
}

// copyOnce lists the source, copies it and verifies the copy, as a function would, and prints its own measures.
func copyOnce(ctx context.Context, url, bucket, key string) error {
	debug.SetMemoryLimit(512 << 20) // as AWS Lambda's environment might; not reached
	copier := s3copy.New(newClient(url), s3copy.Options{})
	destination := s3uri.Prefix{Bucket: bucket, Key: key}
	idle, err := resident(os.Getpid(), "VmRSS")
	if err != nil {
		return err
	}
	inventory, err := copier.List(ctx, source)
	if err != nil {
		return err
	}
	result, err := copier.Copy(ctx, s3copy.Job{Source: inventory, Destination: destination})
	if err != nil || !result.Done {
		return errors.Join(fmt.Errorf("not done: %+v", result), err)
	}
	copied := time.Now()
	report, err := copier.Verify(ctx, inventory, destination)
	if err != nil || !report.Equal() {
		return errors.Join(fmt.Errorf("not equal: %+v", report.Differences), err)
	}
	out := own{Verified: time.Since(copied).Seconds(), Idle: idle}
	if out.Peak, err = resident(os.Getpid(), "VmHWM"); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
