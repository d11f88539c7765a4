package stack

import (
	"strings"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// environment is what the constructs are made from. Every name and ARN that it gives is a literal text, not a
// reference: a policy can then be read as it stands in the template, and no two resources wait for one another.
type environment struct {
	settings.Environment
	dist string // where make build has put the functions
}

func (e environment) named(name string) string { return e.Prefix() + name }

func (e environment) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + e.Region + ":" + e.Account + ":" + resource
}

func (e environment) stateObjects(below string) string {
	return bucketARN(e.StateBucket()) + "/" + below
}

func bucketARN(bucket string) string { return "arn:aws:s3:::" + bucket }

func (e environment) functionARN(action string) string {
	return e.arn("lambda", "function:"+e.named(action))
}

func (e environment) machineARN(machine string) string {
	return e.arn("states", "stateMachine:"+e.named(machine))
}

func (e environment) executionARNs(machine string) string {
	return e.arn("states", "execution:"+e.named(machine)+":*")
}

// dashboard is the name of the environment's dashboard.
func (e environment) dashboard() string { return strings.TrimSuffix(e.Prefix(), "-") }

// dashboardARN names no region: a dashboard belongs to the account.
func (e environment) dashboardARN() string {
	return "arn:aws:cloudwatch::" + e.Account + ":dashboard/" + e.dashboard()
}

// Topics: one is read, the other wakes somebody.
const (
	notifications = "notifications"
	pages         = "pages"
)

func (e environment) topicARN(topic string) string { return e.arn("sns", e.named(topic)) }

func (e environment) logGroupOf(action string) string { return "/aws/lambda/" + e.named(action) }

// machineLogGroup begins as it does because Step Functions then needs no entry in the account's log resource policy,
// whose length is limited.
func (e environment) machineLogGroup(machine string) string {
	return "/aws/vendedlogs/states/" + e.named(machine)
}

// consoleLink is where an execution can be seen; its ARN goes at the end.
func (e environment) consoleLink() string {
	return "https://" + e.Region + ".console.aws.amazon.com/states/home?region=" + e.Region + "#/v2/executions/details/"
}
