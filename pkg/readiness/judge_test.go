package readiness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return start.Add(time.Duration(minutes * float64(time.Minute))) }

func uri(name string) string {
	return "s3://data/regions/US/" + name + "/2021-08-12T21:42:38.860Z/"
}

func arn(i int) string {
	return fmt.Sprintf("arn:aws:ecs:us-east-1:123456789012:task/ecsStagingCluster/%032x", i)
}

// young makes a new task that runs since minute 1; old makes one that was there before.
func young(i int, health string) Task {
	return Task{ARN: arn(i), Status: "RUNNING", Created: at(0.5), Started: at(1), Health: health}
}

func old(i int, health string) Task {
	t := young(i, health)
	t.Old, t.Created, t.Started = true, at(-9000), at(-9000)
	return t
}

func with(t Task, change func(*Task)) Task { change(&t); return t }

func line(t Task, minute float64, text string) Line { return Line{t.ID(), at(minute), text} }

func TestVerdict(t *testing.T) {
	t.Parallel()
	a, b := young(1, "unhealthy"), young(2, "unhealthy")
	o := old(9, "healthy")
	noKey := "NoSuchKey: The specified key does not exist."
	hanging := []string{uri("CA")}
	tests := []struct {
		name  string
		tasks []Task
		lines []Line
		want  string
		why   []string
	}{
		{"no new task yet", []Task{o}, nil, Loading, []string{"0 of 2", "2 tasks have not been placed", "ECS says: (service app) was unable to place a task"}},
		{"waiting for an instance", []Task{o, with(a, func(t *Task) { t.Status, t.Started = "PROVISIONING", time.Time{} })}, nil, Loading,
			[]string{"1 new tasks are starting", "1 tasks have not been placed", "ECS says"}},
		{"progress", []Task{a, b}, []Line{line(a, 5, healthLine(31, 52, nil, nil))}, Loading, []string{"31 of 52"}},
		{"one error for a region", []Task{a, b}, []Line{line(a, 5, failureLine(uri("TX"), 1, noKey))}, Loading, []string{"US/TX", "try 1 of 6"}},
		{"first tries on two tasks at once pass", []Task{a, b}, []Line{line(a, 5, failureLine(uri("TX"), 1, "SlowDown")), line(b, 5, failureLine(uri("TX"), 1, "SlowDown"))}, Loading, []string{"US/TX"}},
		{"first tries at two regions", []Task{a, b}, []Line{line(a, 5, failureLine(uri("TX"), 1, noKey)), line(a, 5, failureLine(uri("CA"), 1, noKey))}, Loading, nil},
		{"second error for a region", []Task{a, b}, []Line{line(a, 5, failureLine(uri("TX"), 1, noKey)), line(a, 6, failureLine(uri("TX"), 2, noKey))}, Failing,
			[]string{"US/TX", "missing on S3", "try 2 of 6"}},
		{"only the second try's line was seen", []Task{a, b}, []Line{line(a, 6, failureLine(uri("TX"), 2, noKey))}, Failing, nil},
		{"dead after the sixth try", []Task{b, with(a, func(t *Task) {
			t.Status, t.Stopping, t.StoppedReason, t.ExitCode = "STOPPED", true, "Essential container in task exited", new(1)
		})}, []Line{line(a, 6, failureLine(uri("TX"), 6, noKey))}, Failing, []string{"has stopped with exit code 1 (Essential container in task exited)"}},
		{"dead for another reason", []Task{b, with(a, func(t *Task) { t.Status, t.StoppedReason, t.ExitCode = "STOPPED", "OutOfMemoryError", new(137) })}, nil, Loading,
			[]string{"exit code 137 (OutOfMemoryError)"}},
		{"two errors on an old task", []Task{o, a, b}, []Line{line(o, 6, failureLine(uri("TX"), 3, noKey))}, Loading, []string{"on an old task"}},
		{"errors of the other service's task", []Task{a, b}, []Line{line(young(77, ""), 6, failureLine(uri("TX"), 3, noKey))}, Loading, nil},
		{"errors, but healthy since", []Task{young(1, "healthy"), b}, []Line{line(a, 6, failureLine(uri("TX"), 3, noKey))}, Loading, nil},
		{"hangs", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 15, healthLine(3, 52, nil, hanging))}, Stuck, []string{"US/CA", "10:00 min", "static-metadata.json"}},
		{"hangs, and the log tells why", []Task{a, b}, []Line{line(a, 4, failureLine(uri("CA"), 1, "SyntaxError: Unexpected end of JSON input")),
			line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 15, healthLine(3, 52, nil, hanging))}, Stuck, []string{"cut off", "since then it stays in loading"}},
		{"hangs after a message without a region", []Task{a, b}, []Line{line(a, 4, "Invalid TopoJSON or metadata bodies"),
			line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 15, healthLine(3, 52, nil, hanging))}, Stuck, []string{"US/CA: topo.json or static-metadata.json is empty", "since then it stays in loading"}},
		{"hangs not long enough", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 14.9, healthLine(3, 52, nil, hanging))}, Loading, nil},
		{"one region is long, others get done", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 9, healthLine(4, 52, nil, hanging)), line(a, 16, healthLine(4, 52, nil, hanging))}, Loading, nil},
		{"another region is loading now", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 9, healthLine(3, 52, nil, []string{uri("TX")})), line(a, 16, healthLine(3, 52, nil, []string{uri("TX")}))}, Loading, nil},
		{"no line since", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging))}, Loading, nil},
		{"a line without lists between", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 9, `[HealthCheckService] {"topology":{"total":52,"complete":3,"pen`), line(a, 15, healthLine(3, 52, nil, hanging))}, Stuck, nil},
		{"a line of something else between", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 15, `[HealthCheckService] {"database":{"status":"down"}}`)}, Loading, nil},
		{"only lines that were cut before their lists", []Task{a, b}, []Line{line(a, 5, `[HealthCheckService] {"topology":{"total":52,"complete":3,"pen`), line(a, 19, `[HealthCheckService] {"topology":{"total":52,"complete":3,"pen`)}, Loading, nil},
		{"an older build hangs", []Task{a, b}, []Line{line(a, 5, olderLine(3, 52, hanging)), line(a, 15, olderLine(3, 52, hanging))}, Stuck, []string{"US/CA"}},
		{"an old task hangs", []Task{o, a, b}, []Line{line(o, 5, healthLine(3, 52, nil, hanging)), line(o, 15, healthLine(3, 52, nil, hanging))}, Loading, nil},
		{"fails and hangs", []Task{a, b}, []Line{line(a, 5, healthLine(3, 52, nil, hanging)), line(a, 15, healthLine(3, 52, nil, hanging)), line(b, 6, failureLine(uri("TX"), 2, noKey))}, Failing, []string{"US/TX", "US/CA"}},
		{"before the first query", []Task{a, b}, []Line{line(a, 5, `[HealthCheckService] {"topology":{"status":"down"}}`)}, Loading, nil},
		{"database down", []Task{a, b}, []Line{line(a, 5, `[HealthCheckService] {"database":{"status":"down"}}`)}, Loading, []string{"down: database"}},
		{"silent", []Task{a, b}, nil, Loading, []string{"logged no health check for 19:00 min"}},
		{"loaded, not healthy", []Task{with(a, func(t *Task) { t.HealthReason = "Target.Timeout" }), b}, []Line{line(a, 5, healthLine(52, 52, nil, nil))}, Loading, []string{"unhealthy Target.Timeout"}},
		{"all healthy", []Task{o, young(1, "healthy"), young(2, "healthy")}, nil, Healthy, []string{"healthy: 2 of 2"}},
		{"enough healthy, a third one fails", []Task{young(1, "healthy"), young(2, "healthy"), young(3, "unhealthy")}, []Line{line(young(3, ""), 6, failureLine(uri("TX"), 2, noKey))}, Healthy, []string{"US/TX"}},
		{"healthy target of a stopping task", []Task{young(1, "healthy"), with(young(2, "healthy"), func(t *Task) { t.Stopping = true })}, nil, Loading, []string{"is stopping"}},
		{"healthy old tasks do not count", []Task{old(1, "healthy"), old(2, "healthy"), a}, nil, Loading, nil},
		{"draining", []Task{old(1, "draining"), old(2, "unhealthy.draining"), a, b}, nil, Loading, []string{"2 targets are draining"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Now: at(20), Expected: 2, Usual: 2, StuckAfter: 10 * time.Minute, Tasks: tt.tasks, Lines: tt.lines,
				Events: []string{"(service app) was unable to place a task because no container instance met all of its requirements."}}
			got := Judge(in, Look{})
			if got.Verdict != tt.want {
				t.Errorf("verdict %s, want %s (%s)", got.Verdict, tt.want, got.Why)
			}
			for _, part := range tt.why {
				if !strings.Contains(got.Why, part) {
					t.Errorf("why lacks %q: %s", part, got.Why)
				}
			}
			again := Judge(in, got.Look) // the answer was lost and every line is read twice
			if again.Verdict != got.Verdict || again.Why != got.Why {
				t.Errorf("repeated: %s, %s\nfirst:    %s, %s", again.Verdict, again.Why, got.Verdict, got.Why)
			}
		})
	}
}

func TestVerdictBuildsUpOverLooks(t *testing.T) {
	t.Parallel()
	a := young(1, "unhealthy")
	look := func(minute float64, state Look, lines ...Line) Report {
		r := Judge(Input{Now: at(minute), Expected: 1, Usual: 1, StuckAfter: 10 * time.Minute, Tasks: []Task{a}, Lines: lines}, state)
		text, err := json.Marshal(r.Look) // the state machine carries it as JSON
		if err != nil {
			t.Fatal(err)
		}
		r.Look = Look{}
		if err := json.Unmarshal(text, &r.Look); err != nil {
			t.Fatal(err)
		}
		return r
	}
	hanging := []string{uri("CA"), uri("TX")}
	first := look(5, Look{}, line(a, 4, healthLine(3, 52, nil, hanging)))
	second := look(10, first.Look, line(a, 9, healthLine(3, 52, nil, hanging)))
	quiet := look(14, second.Look)
	third := look(15, quiet.Look, line(a, 14, healthLine(3, 52, nil, hanging[1:])))
	for i, r := range []Report{first, second, quiet} {
		if r.Verdict != Loading {
			t.Errorf("look %d: %s", i, r.Verdict)
		}
	}
	if third.Verdict != Stuck || third.Diagnosis[0].Region != uri("TX") {
		t.Errorf("TX has been loading for 10 min: %s, %+v", third.Verdict, third.Diagnosis)
	}
	if got := quiet.Tasks[0]; got.Complete != 3 || got.Total != 52 || got.LoadingCount != 2 || !slices.Equal(got.Loading, []string{"US/CA", "US/TX"}) {
		t.Errorf("a look without lines forgets progress: %+v", got)
	}
	if late := look(16, third.Look, line(a, 3, healthLine(1, 52, nil, nil))); late.Tasks[0].Complete != 3 {
		t.Errorf("a late line of minute 3 took progress back to %d", late.Tasks[0].Complete)
	}
}

func TestReportOfTasks(t *testing.T) {
	t.Parallel()
	healthy, newer := young(1, "healthy"), with(young(2, "healthy"), func(t *Task) { t.Started = at(2) })
	slow, fast := young(3, "unhealthy"), young(4, "initial")
	unplaced := with(young(5, ""), func(t *Task) { t.Status, t.Started = "PENDING", time.Time{} })
	dead := with(young(6, ""), func(t *Task) { t.Status, t.Stopping = "STOPPED", true })
	pending := []string{uri("TX"), uri("NY"), uri("FL"), uri("OH")}
	got := Judge(Input{Now: at(12), Expected: 4, Usual: 1, StuckAfter: time.Hour,
		Tasks: []Task{dead, unplaced, newer, slow, fast, healthy, old(9, "healthy"), old(8, "draining")},
		Lines: []Line{
			line(slow, 2, healthLine(0, 50, pending, nil)), line(slow, 12, healthLine(10, 50, pending, []string{uri("CA")})),
			line(fast, 2, healthLine(0, 50, nil, nil)), line(fast, 12, healthLine(40, 50, nil, nil)),
			line(slow, 12.1, `[HealthCheckService] {"database":{"status":"down"}}`),
			line(healthy, 11, healthLine(49, 50, nil, []string{uri("CA")})),
		}}, Look{})
	if want := []string{healthy.ARN, newer.ARN, slow.ARN, fast.ARN}; !slices.Equal(slices.Sorted(slices.Values(got.NewTasks[2:])), slices.Sorted(slices.Values(want[2:]))) || !slices.Equal(got.NewTasks[:2], want[:2]) {
		t.Errorf("newTasks = %v", got.NewTasks)
	}
	if !slices.Equal(got.Stay, []string{healthy.ARN}) {
		t.Errorf("stay = %v, want the oldest healthy one", got.Stay)
	}
	if got.OldRunning != 2 || got.OldHealthy != 1 || got.Draining != 1 || got.Healthy != 2 {
		t.Errorf("counts: %+v", got)
	}
	if got.ETASeconds == nil || *got.ETASeconds != 2400 {
		t.Errorf("overall ETA = %v, want that of the second of the two loading tasks: 40 regions at 1 a minute", got.ETASeconds)
	}
	byID := map[string]TaskReport{}
	for _, r := range got.Tasks {
		byID[r.ID] = r
	}
	for _, tt := range []struct {
		task                                   Task
		state                                  string
		complete, total, pending, loading, eta int
	}{
		{healthy, "healthy", 50, 50, 0, 0, -1}, {slow, "loading", 10, 50, 4, 1, 2400}, {fast, "loading", 40, 50, 0, 0, 150},
		{unplaced, "starting", 0, 0, 0, 0, -1}, {dead, "stopped", 0, 0, 0, 0, -1},
	} {
		r := byID[tt.task.ID()]
		eta := -1
		if r.ETASeconds != nil {
			eta = *r.ETASeconds
		}
		if r.State != tt.state || r.Complete != tt.complete || r.Total != tt.total || r.PendingCount != tt.pending || r.LoadingCount != tt.loading || eta != tt.eta {
			t.Errorf("%s: %+v, ETA %d", tt.state, r, eta)
		}
	}
	if got := byID[slow.ID()].Pending; !slices.Equal(got, []string{"US/TX", "US/NY", "US/FL"}) {
		t.Errorf("pending = %v, want the first three", got)
	}
}

func TestReportStaysWithinItsBound(t *testing.T) {
	t.Parallel()
	for _, long := range []string{"", strings.Repeat("é<&\"", 200)} {
		in := Input{Now: at(20), Expected: 20, Usual: 20, StuckAfter: 10 * time.Minute, Lagging: true, Events: []string{strings.Repeat("x", 5000), long}}
		for i := range 40 {
			task := young(i+1, "unhealthy")
			if i%2 == 0 {
				task.Health = "healthy"
			}
			in.Tasks = append(in.Tasks, task, old(100+i, "healthy"))
			var regions []string
			for r := range 52 {
				regions = append(regions, fmt.Sprintf("s3://districtbuilder-data/regions/US/%s%02d/2021-08-12T21:42:38.860Z/", long, r))
				in.Lines = append(in.Lines, line(task, 9, failureLine(regions[r], 1+r%6, "SyntaxError: "+long)), line(in.Tasks[2*i+1], 9, failureLine(regions[r], 6, long)))
			}
			in.Lines = append(in.Lines, line(task, 8, healthLine(0, 52, regions, regions[:9])), line(task, 19, healthLine(0, 52, regions, regions[:9])))
		}
		r := Judge(in, Look{})
		r = Judge(in, r.Look)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		look, _ := json.Marshal(r.Look)
		t.Logf("report %d bytes, look %d bytes, why %d bytes", len(text), len(look), len(r.Why))
		if len(text) > maxReport || len(look) > maxLook || len(r.Why) > maxWhy || len(r.Tasks) != 40 || len(r.Diagnosis) > maxDiagnosis {
			t.Errorf("report %d bytes, look %d bytes, %d tasks, %d diagnoses", len(text), len(look), len(r.Tasks), len(r.Diagnosis))
		}
		if r.Verdict != Healthy || len(r.Stay) != 20 {
			t.Errorf("%s, %d stay", r.Verdict, len(r.Stay))
		}
	}
}

func TestTaskThatBeginsAgainIsNotStuck(t *testing.T) {
	t.Parallel()
	a := young(1, "unhealthy")
	got := Judge(Input{Now: at(30), Expected: 1, Usual: 1, StuckAfter: 10 * time.Minute, Tasks: []Task{a}, Lines: []Line{
		line(a, 5, healthLine(30, 52, nil, []string{uri("CA")})), line(a, 14, healthLine(0, 52, nil, []string{uri("CA")})), line(a, 20, healthLine(5, 52, nil, []string{uri("CA")})),
	}}, Look{})
	if got.Verdict != Loading || got.Tasks[0].ETASeconds == nil || *got.Tasks[0].ETASeconds != 47*6*60/5 {
		t.Errorf("%s, %+v", got.Verdict, got.Tasks[0])
	}
}

func TestLateLineOfAnEarlierTryTakesNothingBack(t *testing.T) {
	t.Parallel()
	a := young(1, "unhealthy")
	in := Input{Now: at(6), Expected: 1, Usual: 1, StuckAfter: time.Hour, Tasks: []Task{a}, Lines: []Line{line(a, 5, failureLine(uri("TX"), 2, "NoSuchKey"))}}
	first := Judge(in, Look{})
	in.Lines = []Line{line(a, 4, failureLine(uri("TX"), 1, "NoSuchKey"))}
	if got := Judge(in, first.Look); got.Verdict != Failing || got.Diagnosis[0].Tries != 2 {
		t.Errorf("%s, %+v", got.Verdict, got.Diagnosis)
	}
}

func TestErrorsOfATaskThatIsHealthySinceAreNotDiagnosed(t *testing.T) {
	t.Parallel()
	a := young(1, "unhealthy")
	in := Input{Now: at(6), Expected: 2, Usual: 1, StuckAfter: time.Hour, Tasks: []Task{a}, Lines: []Line{line(a, 5, failureLine(uri("TX"), 1, "NoSuchKey"))}}
	if got := Judge(in, Look{}); len(got.Diagnosis) != 1 {
		t.Errorf("before: %+v", got.Diagnosis)
	}
	in.Tasks[0].Health = "healthy"
	if got := Judge(in, Look{}); len(got.Diagnosis) != 0 {
		t.Errorf("since: %+v", got.Diagnosis)
	}
}
