// Package asl runs state machines in the Amazon States Language with JSONata, in this process.
//
// It behaves as AWS Step Functions' standard workflows do, down to the history events: testdata/conformance holds
// executions recorded from the service, and the tests replay all of them. What no recording covers follows the
// service's documentation; those places say so.
//
// Parse reads a definition and refuses what the service would refuse. An Interpreter executes it: tasks are an
// interface, time is a Clock, chance is a pair of functions, so that an execution of hours can run in no time and
// twice the same. Inside a testing/synctest bubble the RealClock is the bubble's.
//
// Not supported, and refused by Parse: JSONPath states, activities, ItemReader, ItemBatcher and ResultWriter.
// Not imitated: express workflows, redrive, the service's limit of one second for an evaluation.
package asl
