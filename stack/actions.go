package stack

import (
	"slices"
	"time"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

// action is how one action is deployed: everything that differs between functions.
type action struct {
	name string
	// what the operator reads in the console.
	description string
	memory      int // MB; a vCPU at 1,769
	timeout     time.Duration
	// alone reserves a concurrency of one: two at once would be wrong.
	alone bool
	// only names the one environment that has the function; empty: all have it.
	only string
	// uses are the environment variables that the action reads beside those of the database.
	uses []string
	// calls are the permissions that the action needs, no more.
	calls func(environment) []permission
}

// Classes of memory and time. Go functions that wait for an answer need neither; what costs is a cold start, whose time
// goes with the CPU. The state machines allow 90 s for these, 60 s for a computation, and 930 s for a copy.
const (
	small = 256
	// large is one vCPU, and is asked for its CPU alone: as fast as S3 lets one prefix be copied (about 3,500 requests a
	// second), and as fast as an inspection, which is one stream, can be parsed. For space 256 MB would do: a copy needs
	// about 60 (s3copy.Options), and a test holds the inspection of 1 GB of topo.json to 256.
	large = 1769

	quick = time.Minute
	// long is all that Lambda allows: a copy stops by itself 20 s before its end, and the state machine calls again.
	long = 15 * time.Minute
)

// actions is the table: a new action is one row.
var actions = []action{
	{name: "find-regions", description: "Finds the live rows of regions, and refuses shared ones",
		memory: small, timeout: quick, uses: []string{"ENVIRONMENT"}, calls: logsIn("find-regions")},
	{name: "inspect-region", description: "Checks new region data, and whether maps stay valid",
		memory: large, timeout: long, uses: []string{"STATE_BUCKET"}, calls: environment.inspects},
	{name: "plan-update", description: "Says what an update will do. Computes only",
		memory: small, timeout: 30 * time.Second, calls: func(environment) []permission { return nil }},
	{name: "backup-region", description: "Copies a live region to its backup, and verifies the copy",
		memory: large, timeout: long, uses: []string{"ENVIRONMENT", "STATE_BUCKET"}, calls: environment.backsUp},
	{name: "overwrite-region", description: "Copies new data over a live region",
		memory: large, timeout: long, uses: []string{"ENVIRONMENT", "STATE_BUCKET"}, calls: environment.overwrites},
	{name: "restore-region", description: "Copies a backup over a live region",
		memory: large, timeout: long, uses: []string{"ENVIRONMENT", "STATE_BUCKET"}, calls: environment.restores},

	{name: "acquire-lock", description: "Takes the environment's lock",
		memory: small, timeout: quick, uses: []string{"ENVIRONMENT", "STATE_BUCKET", "FUNCTION_PREFIX"}, calls: environment.acquiresLock},
	{name: "release-lock", description: "Ends a run and frees the environment",
		memory: small, timeout: quick, uses: []string{"STATE_BUCKET"}, calls: environment.releasesLock},
	{name: "commit-run", description: "Passes a run's point of no return: from here it is completed, not undone",
		memory: small, timeout: quick, uses: []string{"STATE_BUCKET"}, calls: environment.commitsRun},
	{name: "list-left", description: "Lists what a run left behind, and how to undo it",
		memory: small, timeout: quick, uses: []string{"STATE_BUCKET", "FUNCTION_PREFIX"}, calls: environment.listsLeft},
	{name: watchLock, description: "Reports how old the environment's lock is",
		memory: small, timeout: quick, uses: []string{"ENVIRONMENT", "STATE_BUCKET"}, calls: environment.watchesLock},

	{name: "survey-fleet", description: "Looks at group, service and tasks; refuses a fleet that is not steady",
		memory: small, timeout: quick, uses: []string{"ENVIRONMENT", "CLUSTER", "SERVICE", "GROUP", "TARGET_GROUP", "STATE_BUCKET"},
		calls: environment.surveysFleet},
	{name: "fence-group", description: "Keeps alarms from changing the group's size, or lets them again",
		memory: small, timeout: quick, uses: []string{"GROUP", "STATE_BUCKET"}, calls: environment.fencesGroup},
	// alone: two that count the idle instances at once would each take them down to the wanted number.
	{name: "scale-group", description: "Sets the group's desired capacity; removes only idle instances",
		memory: small, timeout: quick, alone: true, uses: []string{"CLUSTER", "GROUP", "STATE_BUCKET"}, calls: environment.scalesGroup},
	{name: "scale-service", description: "Sets the service's desired count",
		memory: small, timeout: quick, uses: []string{"CLUSTER", "SERVICE", "STATE_BUCKET"}, calls: environment.scalesService},
	{name: "poll-health", description: "Takes one look at the tasks: progress, verdict, diagnosis",
		memory: 2 * small, timeout: quick, // up to five pages of log lines, 1 MB each
		uses: []string{"ENVIRONMENT", "CLUSTER", "SERVICE", "TARGET_GROUP", "LOG_GROUP", "CONTAINER"}, calls: environment.pollsHealth},
	{name: "protect-tasks", description: "Protects tasks from scale-in, or lifts that",
		memory: small, timeout: quick, uses: []string{"CLUSTER", "SERVICE", "STATE_BUCKET"}, calls: environment.protectsTasks},
	// alone: two at once could stop more old tasks than the healthy new ones replace.
	{name: "stop-tasks", description: "Stops the tasks of before the scale-out",
		memory: small, timeout: quick, alone: true, uses: []string{"CLUSTER", "SERVICE", "TARGET_GROUP"}, calls: environment.stopsTasks},

	{name: "bump-versions", description: "Gives updated regions a new version",
		memory: small, timeout: quick, uses: []string{"ENVIRONMENT"}, calls: logsIn("bump-versions")},
	{name: "set-region-uri", description: "Sets a region's s3_uri",
		memory: small, timeout: quick, only: settings.Staging, uses: []string{"ENVIRONMENT"}, calls: logsIn("set-region-uri")},

	{name: startUpdate, description: "Starts an update when a file is uploaded for it",
		memory: small, timeout: quick, only: settings.Staging,
		uses: []string{"ENVIRONMENT", "UPDATE_MACHINE_ARN", "NOTIFICATIONS_TOPIC_ARN"}, calls: environment.startsUpdate},
}

// Actions that no state machine invokes.
const (
	startUpdate = "start-update" // by an upload
	watchLock   = "watch-lock"   // by a schedule
)

// actions returns the rows that the environment has.
func (e environment) actions() []action {
	return slices.DeleteFunc(slices.Clone(actions), func(a action) bool {
		return a.only != "" && a.only != e.Name || a.name == startUpdate && e.UploadBucket == ""
	})
}

func (a action) speaksSQL() bool { return slices.Contains(settings.SQLActions, a.name) }

// variables are the environment variables that the settings and the names give, by their name.
func (e environment) variables() map[string]string {
	return map[string]string{
		"ENVIRONMENT":             e.Name,
		"STATE_BUCKET":            e.StateBucket(),
		"FUNCTION_PREFIX":         e.Prefix(),
		"CLUSTER":                 e.Cluster,
		"SERVICE":                 e.Services.EC2,
		"GROUP":                   e.Group,
		"TARGET_GROUP":            e.TargetGroup,
		"LOG_GROUP":               e.LogGroup,
		"CONTAINER":               e.Container,
		"UPDATE_MACHINE_ARN":      e.machineARN("update-regions"),
		"NOTIFICATIONS_TOPIC_ARN": e.topicARN(notifications),
	}
}

// variablesOf are those that the action reads.
func (e environment) variablesOf(a action) map[string]string {
	all, chosen := e.variables(), map[string]string{}
	for _, name := range a.uses {
		chosen[name] = all[name]
	}
	if a.speaksSQL() {
		for name, value := range e.databaseVariables(a.name) {
			chosen[name] = value
		}
	}
	return chosen
}
