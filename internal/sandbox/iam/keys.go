package iam

import (
	"fmt"
	"strings"
)

// keys are the condition keys that a request can carry here, in lower case. The value says whether a key has several
// values in one request. Any other key is refused: here it would always be absent, in AWS perhaps not.
var keys = map[string]bool{
	"aws:principalaccount":      false,
	"aws:principalarn":          false,
	"aws:principalisawsservice": false,
	"aws:requestedregion":       false,
	"aws:securetransport":       false,
	"aws:sourceaccount":         false,
	"aws:sourcearn":             false,
	"ecs:cluster":               false,
	"kms:viaservice":            false,
	"lambda:sourcefunctionarn":  false,
	"s3:delimiter":              false,
	"s3:max-keys":               false,
	"s3:prefix":                 false,
	"s3:requestobjecttagkeys":   true,
	"s3:tlsversion":             false,
	"s3:versionid":              false,
	"s3:x-amz-copy-source":      false,
}

// knownKey returns a key in the case that contexts have.
func knownKey(key string) (string, error) {
	lower := strings.ToLower(key)
	if _, ok := keys[lower]; !ok {
		return "", fmt.Errorf("the condition key %s is not supported", key)
	}
	return lower, nil
}
