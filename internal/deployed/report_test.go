package deployed

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTell(t *testing.T) {
	const restart = `{"run":"r1","tasks":2,"oldTasks":["arn:task/c/o1","arn:task/c/o2"],"newTasks":["arn:task/c/n1","arn:task/c/n2"]}`
	tests := []struct {
		name string
		e    End
		want []string
	}{
		{"restarted", End{Status: "SUCCEEDED", Output: restart}, []string{"Restarted: 2 new tasks serve, the 2 old ones are gone.", "  n1", "  n2"}},
		{"updated", End{Status: "SUCCEEDED", Output: `{"run":"r1","regions":[{"id":"1","name":"Pennsylvania","uri":"s3://b/PA/"}],"backups":[{"id":"1","backup":"s3://b/PA-backup/","objects":3}],
			"versions":[{"id":"1","old":"2021-08-12T22:42:38.860Z","new":"2026-11-22T20:04:05.123Z","changed":true}],"restart":` + restart + `}`}, []string{
			"Updated: the new data of 1 region is live, every task serves it, the versions are bumped.", "",
			"Pennsylvania  s3://b/PA/", "  backup   s3://b/PA-backup/", "  version  2021-08-12T22:42:38.860Z → 2026-11-22T20:04:05.123Z", "",
			"Restarted: 2 new tasks serve, the 2 old ones are gone.", "  n1", "  n2", "",
			"Next: quality assurance. Open the test maps of each region, and edit them."}},
		{"planned", End{Status: "SUCCEEDED", Output: `{"environment":"Staging","regions":[{"name":"Delaware","uri":"s3://data/regions/US/DE/1/","backup":"s3://data/regions/US/DE/1-backup-2026-11-22/",
			"backedUp":{"objects":313,"bytes":4427098},"overwritten":{"objects":314,"bytes":4428433},"mapsStayValid":false,"mapsToRecompute":7}],
			"fleet":{"before":{"tasks":3,"instances":3},"during":{"tasks":7,"instances":7},"after":{"tasks":3,"instances":3}},"steps":["lock","unlock"],"beware":["of the dog"],"cost":{"total":1.553,"backupPerMonth":0.02}}`}, []string{
			"Planned; nothing has been changed.", "",
			"region     backed up             overwritten           maps                       backup",
			"Delaware   313 objects, 4.4 MB   314 objects, 4.4 MB   7 recompute, WOULD BREAK   s3://data/regions/US/DE/1-backup-2026-11-22/", "",
			"tasks 3 → 7 → 3, instances 3 → 7 → 3", "",
			"1. lock", "2. unlock", "beware: of the dog", "",
			"It would cost about $1.55, and $0.02 a month for the backups until they are deleted."}},
		{"another success", End{Status: "SUCCEEDED", Output: `{"x":1}`}, []string{"Succeeded.", "", `{"x":1}`}},
		{"clean", End{Status: "FAILED", Error: "FailedClean", Cause: nest("RegionNotFound", `{"errorType":"RegionNotFound","errorMessage":"no row has it"}`)}, []string{
			"FailedClean: everything is as it was before.", "", "RegionNotFound", "  no row has it", "", "Mend the cause, then start again."}},
		{"dirty", End{Status: "FAILED", Error: "FailedDirty", Run: "r1", Cause: `{"how":"…","cause":` + nest("NewTasksFailing", "bad") + `,"problems":[` + nest("Unavailable", `{"errorMessage":"S3 is slow"}`) + `],
			"left":[{"step":"fence","left":"the group is fenced","command":"` + asListed + `x"}],"more":0}`}, []string{
			"FailedDirty: something is left.", "", "NewTasksFailing", "  bad", "could not be put back: Unavailable: S3 is slow", "",
			how, "", "# fence: the group is fenced", "aws lambda invoke --profile me --region us-east-1 x"}},
		{"dirty, and more than fits", End{Status: "FAILED", Error: "FailedDirty", Run: "r1", Cause: `{"cause":"see problems","problems":[],"left":[{"step":"a","left":"b","command":"c"}],"more":7}`}, []string{
			"FailedDirty: something is left.", "", "", "  see problems", "", how, "", "# a: b", "c", "", "dbops left r1 lists what is left now."}},
		{"dirty, and the journal could not be read", End{Status: "FAILED", Error: "FailedDirty", Run: "r1", Cause: `{"cause":"see problems","problems":[],"left":"see runs/<run>/journal/","more":0}`}, []string{
			"FailedDirty: something is left.", "", "", "  see problems", "", "see runs/<run>/journal/", "dbops left r1 lists what is left now."}},
		{"dirty, and the cause was cut off", End{Status: "FAILED", Error: "FailedDirty", Run: "r1", Cause: `{"how":"Run`}, []string{
			"FailedDirty: something is left.", "", "", `  {"how":"Run`, "", "dbops left r1 lists what is left now."}},
		{"aborted", End{Status: "ABORTED", Cause: "by me"}, []string{"ABORTED: nobody has cleaned up.", "", "", "  by me"}},
		{"aborted without a word", End{Status: "ABORTED"}, []string{"ABORTED: nobody has cleaned up."}},
		{"timed out", End{Status: "TIMED_OUT", Error: "States.Timeout"}, []string{"TIMED_OUT: nobody has cleaned up.", "", "States.Timeout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Caller{Profile: "me", Region: "us-east-1"}.Tell(tt.e)
			for i := range got {
				got[i] = strings.TrimRight(got[i], " ")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
