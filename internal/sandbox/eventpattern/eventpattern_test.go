package eventpattern

import (
	"fmt"
	"strings"
	"testing"
)

// upload is the pattern of the rule that starts updates.
const upload = `{"account":["111122223333"],"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":["data"]},` +
	`"object":{"key":[{"wildcard":"updates/*.json"}]},"reason":[{"anything-but":["CopyObject"]}]}}`

func created(key, reason string) string {
	return fmt.Sprintf(`{"version":"0","account":"111122223333","source":"aws.s3","detail-type":"Object Created","resources":["arn:aws:s3:::data"],`+
		`"detail":{"version":"0","bucket":{"name":"data"},"object":{"key":%q,"size":7},"reason":%q}}`, key, reason)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	usual := created("updates/2026.json", "PutObject")
	tests := []struct {
		name, event string
		matches     bool
	}{
		{"an upload", usual, true},
		{"an upload in parts", created("updates/2026.json", "CompleteMultipartUpload"), true},
		{"a copy", created("updates/2026.json", "CopyObject"), false},
		{"another end", created("updates/2026.json.bak", "PutObject"), false},
		{"another folder", created("regions/updates/2026.json", "PutObject"), false},
		{"the folder's name alone", created("updates", "PutObject"), false},
		{"a wildcard crosses slashes", created("updates/a/b.json", "PutObject"), true},
		{"a wildcard stands for nothing too", created("updates/.json", "PutObject"), true},
		{"other letters", created("updates/Ünï:code.json", "PutObject"), true},
		{"escaped", strings.Replace(usual, "updates/", `updates\/\u0061`, 1), true},
		{"another bucket", strings.Replace(usual, `"name":"data"`, `"name":"data2"`, 1), false},
		{"another account", strings.Replace(usual, `"account":"1`, `"account":"2`, 1), false},
		{"a deletion", strings.Replace(usual, "Object Created", "Object Deleted", 1), false},
		{"without a reason", strings.Replace(usual, `,"reason":"PutObject"`, ``, 1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Match([]byte(upload), []byte(tt.event)); err != nil || got != tt.matches {
				t.Errorf("matches: %t, %v", got, err)
			}
		})
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, event string
		matches        bool
	}{
		{`{"a":["x","y"]}`, `{"a":"y","b":1}`, true},
		{`{"a":["x"],"b":[2]}`, `{"a":"x","b":1}`, false},
		{`{"a":[1]}`, `{"a":1}`, true},
		{`{"a":[true,null]}`, `{"a":null}`, true},
		{`{"a":["x"]}`, `{"a":["w","x"]}`, true},
		{`{"a":{"b":["x"]}}`, `{"a":{"b":"x"}}`, true},
		{`{"a":{"b":["x"]}}`, `{"b":"x"}`, false},
		{`{"a":[{"prefix":"ab"}]}`, `{"a":"abc"}`, true},
		{`{"a":[{"prefix":"ab"}]}`, `{"a":"xab"}`, false},
		{`{"a":[{"suffix":".json"}]}`, `{"a":"b.json"}`, true},
		{`{"a":[{"suffix":".json"}]}`, `{"a":"b.json.gz"}`, false},
		{`{"a":[{"wildcard":"a*c*"}]}`, `{"a":"abcd"}`, true},
		{`{"a":[{"wildcard":"a*c"}]}`, `{"a":"abcd"}`, false},
		{`{"a":[{"anything-but":"x"}]}`, `{"a":"y"}`, true},
		{`{"a":[{"anything-but":["x","y"]}]}`, `{"a":"y"}`, false},
		{`{"a":[{"equals-ignore-case":"X"}]}`, `{"a":"x"}`, true},
		{`{"a":[{"exists":true}]}`, `{"b":1}`, false},
		{`{"a":[{"exists":false}],"b":[1]}`, `{"b":1}`, true},
	}
	for _, tt := range tests {
		if got, err := Match([]byte(tt.pattern), []byte(tt.event)); err != nil || got != tt.matches {
			t.Errorf("%s of %s: %t, %v", tt.pattern, tt.event, got, err)
		}
	}
}

func TestPatternsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`{`, `{}`, `[]`, `{"a":"x"}`, `{"a":[]}`, `{"a":{}}`, `{"a":[["x"]]}`, `{"$or":[{"a":["x"]}]}`,
		`{"a":[{"numeric":[">",1]}]}`, `{"a":[{"cidr":"10.0.0.0/8"}]}`, `{"a":[{"prefix":"x","suffix":"y"}]}`, `{"a":[{"prefix":{"equals-ignore-case":"x"}}]}`,
		`{"a":[{"wildcard":"x\\*"}]}`, `{"a":[{"wildcard":"x**"}]}`, `{"a":[{"suffix":"*"}]}`, `{"a":[{"shellstyle":"x*"}]}`,
		`{"a":[{"anything-but":{"prefix":"x"}}]}`, `{"a":[{"anything-but":[1]}]}`, `{"a":[{"anything-but":[]}]}`, `{"a":[{"exists":"true"}]}`,
	} {
		if got, err := Match([]byte(pattern), []byte(`{"a":"x"}`)); err == nil {
			t.Errorf("%s: %t", pattern, got)
		}
	}
	if got, err := Match([]byte(upload), []byte(`{"a":`)); err == nil {
		t.Errorf("what is no event: %t", got)
	}
}
