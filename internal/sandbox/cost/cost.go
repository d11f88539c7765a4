// Package cost says what a run would have cost in AWS, from counts of what it did. It computes only; the prices are
// those of package plan, so that a plan's estimate and this table can be compared.
//
// Left out is what does not grow with runs (alarms, dashboard, secrets, endpoints in the VPC), what costs next to nothing
// (EventBridge, SNS, traces), the storage of backups, which a plan tells, and what is free: the first 4,000 transitions of
// a month, for one, are counted as if they were not.
package cost

import (
	"maps"
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/plan"
)

// Counts are what a run did. Counts of several machines, or of several runs, can be added up field by field.
type Counts struct {
	// Transitions of state machines: see the function Transitions.
	Transitions map[string]int
	// Invocations of functions, those included that failed.
	Invocations []Invocation
	// Requests to S3 by the API's name, as "CopyObject"; an attempt that is repeated counts again.
	Requests map[string]int
	// LogBytes are sent to CloudWatch Logs, by functions and by state machines.
	LogBytes int64
	// InstanceTime is that of the group's instances above its usual size, each from its launch to its end.
	InstanceTime time.Duration
}

// Invocation is one run of a function.
type Invocation struct {
	Duration time.Duration
	MemoryMB int
}

// gigabyteSeconds is what an invocation is charged for: its time, each millisecond begun, by its memory.
func (i Invocation) gigabyteSeconds() float64 {
	billed := (i.Duration + time.Millisecond - 1).Truncate(time.Millisecond)
	return billed.Seconds() * float64(i.MemoryMB) / 1024
}

// Row is one line of the table.
type Row struct {
	Service, What string
	Quantity      float64
	Unit          string
	Price         float64 // dollars a unit
	Dollars       float64
}

// Table lists what was done, service by service. What was not done has no row.
func Table(c Counts) []Row {
	var rows []Row
	add := func(service, what string, quantity float64, unit string, price float64) {
		if quantity > 0 {
			rows = append(rows, Row{service, what, quantity, unit, price, quantity * price})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(c.Transitions)) {
		add("Step Functions", what, float64(c.Transitions[what]), "transition", plan.PricePerTransition)
	}
	var seconds float64
	for _, i := range c.Invocations {
		seconds += i.gigabyteSeconds()
	}
	add("Lambda", "invocations", float64(len(c.Invocations)), "request", plan.PricePerInvocation)
	add("Lambda", "time by memory", seconds, "GB second", plan.PricePerGBSecond)
	for _, operation := range slices.Sorted(maps.Keys(c.Requests)) {
		add("S3", operation, float64(c.Requests[operation]), "request", requestPrice(operation))
	}
	add("CloudWatch Logs", "ingestion", float64(c.LogBytes)/gigabyte, "GB", plan.PricePerLogByte*gigabyte)
	add("EC2", "instances above the usual", c.InstanceTime.Hours(), "hour", plan.PricePerInstanceHour)
	return rows
}

const gigabyte = 1 << 30

// Total adds the rows up, in dollars.
func Total(rows []Row) float64 {
	var total float64
	for _, r := range rows {
		total += r.Dollars
	}
	return total
}
