package journal

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestListLeft(t *testing.T) {
	t.Parallel()
	s, _, c := newStore()
	const many = 60
	for i := range many {
		c.at = c.at.Add(time.Millisecond)
		e := entry(fmt.Sprintf("overwrite-region/%02d", i), i)
		e.Left, e.At = strings.Repeat("long ", 100), c.at
		if err := s.Record(t.Context(), "r1", e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ListLeft{s, staging}.Run(t.Context(), ListLeftInput{Run: "r1", Lock: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Left) < 20 || len(got.Left)+got.More != many || got.Left[0].Step != "overwrite-region/59" {
		t.Errorf("%d listed, %d more, first %s; want all %d accounted for, newest first", len(got.Left), got.More, got.Left[0].Step, many)
	}
}

func TestListLeftEndsWithTheLock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		committed bool
		in        ListLeftInput
		want      []string // the steps
		says      string   // in the last command
	}{
		{"undone", false, ListLeftInput{Run: "r1", Lock: true}, []string{"overwrite-region/1", "scale-service", "lock"}, `"outcome":"set right by hand"`},
		{"completed", true, ListLeftInput{Run: "r1", Lock: true}, []string{"bump-versions", "scale-service", "lock"}, `"outcome":"succeeded"`},
		{"not asked for", false, ListLeftInput{Run: "r1"}, []string{"overwrite-region/1", "scale-service"}, `"undo":true`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := newStore()
			if _, err := acquire(s, nil).Run(t.Context(), request(arn("one"), "r1")); err != nil {
				t.Fatal(err)
			}
			if err := s.Record(t.Context(), "r1", entry("scale-service", 2)); err != nil {
				t.Fatal(err)
			}
			data := entry("overwrite-region/1", 3)
			data.Action = "restore-region"
			if err := s.Record(t.Context(), "r1", data); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time as after a lost answer
				if !tt.committed {
					break
				}
				in := CommitRunInput{Run: "r1", Forget: "restore-region", Step: "bump-versions", Left: "versions are old", Action: "bump-versions", Input: []byte(`{"regions":[]}`)}
				if _, err := (CommitRun{s}).Run(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.in.Validate(); err != nil {
				t.Fatal(err)
			}
			out, err := ListLeft{s, staging}.Run(t.Context(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range out.Left {
				got = append(got, l.Step)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if last := out.Left[len(out.Left)-1].Command; !strings.Contains(last, tt.says) {
				t.Errorf("the last command does not say %s: %s", tt.says, last)
			}
		})
	}
}

func TestCommandReachesTheShellWhole(t *testing.T) {
	t.Parallel()
	payload := `{"why":"it's \"$HOME\" \\ ` + "`x`" + ` é","n":1}`
	line := "aws() { printf '%s\n' \"$@\"; cat; }\n" + staging.command("x", []byte(payload))
	out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "\n--region\neu-west-1\n--function-name\ndbops-staging-x\n") {
		t.Errorf("the command is for another function:\n%s", out)
	}
	if want := "--payload\nfileb:///dev/stdin\n/dev/stdout\n" + payload; !strings.HasSuffix(string(out), want) {
		t.Errorf("the shell passes on\n%s\nwant at the end\n%s", out, want)
	}
}
