// Package fault holds the named errors that actions return and state machines catch.
// Every name stands here once; a test compares the list with the names in statemachines/.
package fault

import (
	"errors"
	"fmt"
)

// Name is an error name as it stands in a state machine's ErrorEquals.
type Name string

// The names that state machines may catch.
const (
	// InvalidInput: a field is unknown, missing or malformed. Nothing was called.
	InvalidInput Name = "InvalidInput"
	// Unavailable: a dependency throttled, timed out or could not be reached. Worth a retry.
	Unavailable Name = "Unavailable"
	// Internal: anything else.
	Internal Name = "Internal"

	// RegionNotFound: no live row of region_config has this URI.
	RegionNotFound Name = "RegionNotFound"
	// SharedURI: another environment's live row uses this URI, so overwriting it would change that environment at once.
	SharedURI Name = "SharedURI"
	// VersionConflict: a region's version is no longer the one this run has seen.
	VersionConflict Name = "VersionConflict"
	// ProductionRefused: s3_uri is never written on production.
	ProductionRefused Name = "ProductionRefused"

	// RegionDataInvalid: the new data has at least one finding that a task could not load.
	RegionDataInvalid Name = "RegionDataInvalid"
	// MapsWouldBreak: the new hierarchy differs from the live one, or there is none to compare it with.
	MapsWouldBreak Name = "MapsWouldBreak"
	// BackupIncomplete: the backup differs from what was live.
	BackupIncomplete Name = "BackupIncomplete"
	// BackupMissing: there is no verified backup of this run for the region.
	BackupMissing Name = "BackupMissing"
	// SourceChanged: an object is no longer the one that was inspected.
	SourceChanged Name = "SourceChanged"

	// EnvironmentLocked: another run is at work in the environment, or left something behind.
	EnvironmentLocked Name = "EnvironmentLocked"

	// FleetNotReady: the fleet is not in the steady state that a restart may start from.
	FleetNotReady Name = "FleetNotReady"
	// OutsideGroupLimits: a desired capacity below the group's minimum or above its maximum.
	OutsideGroupLimits Name = "OutsideGroupLimits"
	// ServiceNotFound: the cluster has no such service.
	ServiceNotFound Name = "ServiceNotFound"
	// ProtectionRefused: ECS would not protect all the tasks asked for.
	ProtectionRefused Name = "ProtectionRefused"
	// UnexpectedTasks: the old tasks are not the ones that were surveyed. Nothing was stopped.
	UnexpectedTasks Name = "UnexpectedTasks"
)

// Error is a failure with a name that a state machine can catch.
// Its message is for an operator: what, which, why, and what to do next.
type Error struct {
	Name  Name
	cause error // from fmt.Errorf, so it may wrap
}

// New returns an Error. The format may hold %w.
func New(name Name, format string, args ...any) *Error {
	return &Error{Name: name, cause: fmt.Errorf(format, args...)}
}

// Error returns the message without the name, which Step Functions shows beside it.
func (e *Error) Error() string { return e.cause.Error() }

// Unwrap returns the wrapped cause, if the format had one.
func (e *Error) Unwrap() error { return errors.Unwrap(e.cause) }

// NameOf returns the name of the outermost Error in err's chain, and whether there is one.
func NameOf(err error) (Name, bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Name, true
	}
	return "", false
}
