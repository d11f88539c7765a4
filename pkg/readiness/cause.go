package readiness

import (
	"regexp"
	"strings"
)

// cause explains an error text: the file if it is known, the problem, and the fix, in plain words.
type cause struct {
	needle  string // in the error's text, any case
	file    string
	problem string
	fix     string
}

const restart = "; then start the update again, or, outside an update, stop this task so that the service starts another"

// causes are tried in order; the first whose needle is in the text explains it.
var causes = []cause{
	{"nosuchkey", "", "a file of the region is missing on S3",
		"compare the files that static-metadata.json names with what lies under the URI, check that s3_uri is right and ends in a slash, and upload what is missing" + restart},
	{"nosuchbucket", "", "the bucket in s3_uri does not exist", "correct region_config.s3_uri (staging only) or restore the bucket" + restart},
	{"accessdenied", "", "S3 refuses the task, or the file is missing and the task may not list the bucket",
		"check that every file is there and that the task's role may read it" + restart},
	{"geolevelhierarchy", "static-metadata.json", "static-metadata.json has no geoLevelHierarchy", "generate the region again with geoLevelHierarchy and upload it" + restart},
	{"invalid topojson or metadata bodies", "", "topo.json or static-metadata.json is empty", "upload both files again, whole" + restart},
	{"unexpected end of json input", "", "a JSON file is empty or was cut off while it was uploaded (static-metadata.json, topo.json or geounit-hierarchy.json)",
		"compare the sizes of the JSON files with the source and upload the short one again" + restart},
	{"syntaxerror", "", "a JSON file is not valid JSON", "check static-metadata.json, topo.json and geounit-hierarchy.json with a JSON parser and upload the broken one again" + restart},
	{"byte length of", "", "a .buf file has a length that is no multiple of its element size: it was cut off, or bytesPerElement is wrong",
		"compare each .buf file's size with bytesPerElement times the number of units and upload the wrong one again" + restart},
	{"cannot create a string longer", "topo.json", "topo.json is larger than the application can read in one piece", "simplify the geometry so that topo.json becomes smaller" + restart},
	{"allocation failed", "", "the task ran out of memory", "check for an unusually large topo.json or .buf file, or give the task more memory" + restart},
	{"rangeerror", "", "a .buf file has the wrong length, or a file is larger than the application can read",
		"compare each .buf file's size with bytesPerElement times the number of units" + restart},
	{"typeerror", "", "a file lacks a part that the application needs (an object per level in topo.json, a list in static-metadata.json)",
		"compare static-metadata.json and topo.json with those of a region that loads" + restart},
	{"slowdown", "", passing, wait}, {"timeout", "", passing, wait}, {"timedout", "", passing, wait}, {"econnreset", "", passing, wait},
	{"socket hang up", "", passing, wait}, {"networkingerror", "", passing, wait}, {"internalerror", "", passing, wait},
	{"serviceunavailable", "", passing, wait},
}

const (
	passing = "S3 was slow or could not be reached"
	wait    = "the task tries again by itself; if it goes on, look at S3 and the network before the data"
)

var fileName = regexp.MustCompile(`[A-Za-z0-9_-]+\.(?:buf|geojson|json)\b`)

// explain finds the cause for an error's text. An unknown text is itself the problem.
func explain(text string) cause {
	found := cause{problem: "it cannot be loaded", fix: "check the region's s3_uri and its files (inspect-region names every fault)" + restart}
	lower := strings.ToLower(text)
	for _, c := range causes {
		if strings.Contains(lower, c.needle) {
			found = c
			break
		}
	}
	if named := fileName.FindString(text); named != "" {
		found.file = shorten(named, 80)
	}
	if text != "" {
		found.problem += " (" + text + ")"
	}
	return found
}
