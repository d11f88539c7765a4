package settings

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
	"github.com/publicmapping/districtbuilder-ops/pkg/trigger"
)

// SQLActions are the actions that log in to the database, each as itself.
var SQLActions = []string{"find-regions", "bump-versions", "set-region-uri"}

// SQLActionsOf returns those that the environment has: s3_uri is never written on production.
func SQLActionsOf(environment string) []string {
	if environment == Production {
		return SQLActions[:2]
	}
	return SQLActions
}

// retentions are the numbers of days that CloudWatch Logs allows, up to ten years.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// checker collects what is wrong, as "<where>.<setting>: <what>; expected <what>".
type checker struct {
	where string // the path of the environment's settings
	found []string
	// unread are the settings whose values could not be read.
	unread []string
}

// bad tells a fault, unless the setting, or a part of it, could not even be read: that has been told then.
func (c *checker) bad(setting, what, expected string) {
	if !slices.ContainsFunc(c.unread, func(u string) bool { return within(u, setting) || within(setting, u) }) {
		c.tell(setting, what, expected)
	}
}

// malformed tells of a value that cannot be read.
func (c *checker) malformed(setting, what, expected string) {
	c.tell(setting, what, expected)
	c.unread = append(c.unread, setting)
}

func (c *checker) tell(setting, what, expected string) {
	if expected != "" { // else it stands in what
		what += "; expected " + expected
	}
	c.found = append(c.found, below(c.where, setting)+": "+what)
}

// within reports whether a setting is another, or a part of it.
func within(setting, whole string) bool {
	rest, ok := strings.CutPrefix(setting, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (c *checker) match(setting, value, pattern, expected string) {
	switch {
	case value == "":
		c.bad(setting, "missing", expected)
	case !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(value):
		c.bad(setting, fmt.Sprintf("%q", value), expected)
	}
}

const (
	name   = `[A-Za-z0-9][A-Za-z0-9._/-]{0,254}`
	bucket = `[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`
)

// check says everything that is wrong with the values.
func (e Environment) check(c *checker) {
	c.match("account", e.Account, `[0-9]{12}`, "the account's 12 digits, as text")
	c.match("region", e.Region, `(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]`, "a region of the partition aws, like us-east-1")
	c.match("cluster", e.Cluster, name, "the ECS cluster's name")
	c.match("services.ec2", e.Services.EC2, name, "the name of the ECS service on EC2")
	c.match("services.fargate", e.Services.Fargate, name, "the name of the ECS service on Fargate")
	if e.Services.EC2 == e.Services.Fargate {
		c.bad("services", fmt.Sprintf("both are %q", e.Services.EC2), "two services")
	}
	c.match("group", e.Group, name, "the Auto Scaling group's name")
	c.match("logGroup", e.LogGroup, name, "the name of the application's log group")
	c.match("container", e.Container, name, "the name of the application's container")
	c.match("targetGroup", e.TargetGroup, `[A-Za-z0-9][A-Za-z0-9-]{0,31}`, "the target group's name, which is no ARN")
	e.checkData(c)
	e.checkNetwork(c)
	c.database("database", e.Database, SQLActionsOf(e.Name), e.Region, e.Account)
	e.checkOther(c)
	c.endpoints("notify", "wants to know", e.Notify)
	c.endpoints("page", "must act at once", e.Page)
	if !slices.Contains(retentions, e.LogRetentionDays) {
		c.bad("logRetentionDays", fmt.Sprint(e.LogRetentionDays), fmt.Sprintf("one of %v", retentions))
	}
}

func (e Environment) checkData(c *checker) {
	if len(e.WritePrefixes) == 0 {
		c.bad("writePrefixes", "missing", `where the live regions and their backups are, like ["s3://<bucket>/regions/"]`)
	}
	c.prefixes("writePrefixes", e.WritePrefixes)
	c.prefixes("readPrefixes", e.ReadPrefixes)
	e.checkKeys(c)
	switch {
	case e.UploadBucket == "":
	case e.Name == Production:
		c.bad("uploadBucket", fmt.Sprintf("%q", e.UploadBucket), "nothing: uploads start updates of staging only")
	default:
		c.match("uploadBucket", e.UploadBucket, bucket, "a bucket's name")
	}
}

// checkKeys wants a key's own ARN: a policy that names an alias permits nothing.
func (e Environment) checkKeys(c *checker) {
	used := e.DataBuckets()
	for _, b := range slices.Sorted(maps.Keys(e.DataKeys)) {
		if setting := below("dataKeys", b); slices.Contains(used, b) {
			c.match(setting, e.DataKeys[b], `arn:aws:kms:`+regexp.QuoteMeta(e.Region)+`:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f-]{36})`, "the ARN of a KMS key of this region")
		} else {
			c.bad(setting, "no such bucket among the settings", "one of "+strings.Join(used, ", "))
		}
	}
}

// prefixes refuses what would stand for other characters in a policy, or for a variable.
func (c *checker) prefixes(setting string, prefixes []s3uri.Prefix) {
	for i, p := range prefixes {
		if strings.ContainsAny(p.Key, "*?$") {
			c.bad(element(setting, i), p.String(), "no '*', '?' or '$'")
		}
	}
}

// checkUploads refuses to copy to where the upload of a file starts an update, in this environment or in another: copies
// of large files cannot be told from uploads.
func (e Environment) checkUploads(c *checker, all []Environment) {
	for _, other := range all {
		uploads := s3uri.Prefix{Bucket: other.UploadBucket, Key: trigger.Folder}
		for i, p := range e.WritePrefixes {
			if other.UploadBucket != "" && (p.Within(uploads) || uploads.Within(p)) {
				c.bad(element("writePrefixes", i), p.String(), fmt.Sprintf("none that overlaps %s, where an upload starts an update of %s", uploads, other.Name))
			}
		}
	}
}

func (e Environment) checkNetwork(c *checker) {
	c.match("vpc", e.VPC, `vpc-[0-9a-f]{8,17}`, "vpc-<id>, the application's")
	if len(e.Subnets) == 0 {
		c.bad("subnets", "missing", `the application's private subnets, like ["subnet-0123456789abcdef0"]`)
	}
	for i, s := range e.Subnets {
		c.match(element("subnets", i), s, `subnet-[0-9a-f]{8,17}`, "subnet-<id>")
	}
	c.match("securityGroup", e.SecurityGroup, `sg-[0-9a-f]{8,17}`, "sg-<id> of sg"+e.Name+"AppEcsService, the only group that may reach the database")
}

func (c *checker) database(setting string, d Database, actions []string, region, account string) {
	c.match(setting+".host", d.Host, `[A-Za-z0-9.-]+`, "the database's endpoint, without a port")
	c.match(setting+".name", d.Name, `[A-Za-z_][A-Za-z0-9_-]*`, "the database's name")
	if d.Port < 1 || d.Port > 65535 {
		c.bad(setting+".port", fmt.Sprint(d.Port), "1 to 65535")
	}
	switch {
	case d.ResourceID == "" && len(d.SecretARNs) == 0:
		c.bad(setting, "neither resourceId nor secretArns", "resourceId (db-… or cluster-…) if IAM authentication is on, else secretArns, one for each of "+strings.Join(actions, ", "))
	case d.ResourceID != "" && len(d.SecretARNs) > 0:
		c.bad(setting, "resourceId and secretArns", "one of the two")
	case d.ResourceID != "":
		c.match(setting+".resourceId", d.ResourceID, `(db|cluster)-[A-Z0-9]+`, "db-… or cluster-…, which is not the name")
	default:
		for _, a := range actions {
			c.match(setting+".secretArns."+a, d.SecretARNs[a],
				`arn:aws:secretsmanager:`+regexp.QuoteMeta(region+":"+account)+`:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}`, "the whole ARN of the action's secret")
		}
		for _, a := range slices.Sorted(maps.Keys(d.SecretARNs)) {
			if !slices.Contains(actions, a) {
				c.bad(setting+".secretArns."+a, "unknown action", "only "+strings.Join(actions, ", "))
			}
		}
	}
}

func (e Environment) checkOther(c *checker) {
	given := 0
	for _, is := range []bool{e.Other.Database != nil, e.Other.RegionsURL != "", e.Other.None} {
		if is {
			given++
		}
	}
	if given != 1 {
		c.bad("other", fmt.Sprintf("%d of database, regionsUrl and none", given), "exactly one: it is how an update of a URI that the other environment uses is refused")
	}
	if e.Other.Database != nil {
		c.database("other.database", *e.Other.Database, SQLActions[:1], e.Region, e.Account)
	}
	if e.Other.RegionsURL != "" {
		if u, err := url.Parse(e.Other.RegionsURL); err != nil || u.Scheme != "https" || u.Host == "" {
			c.bad("other.regionsUrl", fmt.Sprintf("%q", e.Other.RegionsURL), "https://<application>/api/region-configs")
		}
	}
}

// endpoints wants at least one: an end that nobody hears of is no end.
func (c *checker) endpoints(setting, who string, endpoints []string) {
	if len(endpoints) == 0 {
		c.bad(setting, "missing", "who "+who+`: e-mail addresses or https URLs, like ["operators@example.org"]`)
	}
	for i, to := range endpoints {
		c.match(element(setting, i), to, `[^@\s/]+@[^@\s/]+|https://\S+`, "an e-mail address or an https URL")
	}
}
