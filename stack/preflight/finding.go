package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// level says how a check has ended.
type level int

const (
	ok      level = iota
	warning       // a deployment works, but not as well as it could
	unknown       // the check could not be made
	missing       // a deployment, or the first run, would fail
)

// finding is what one check has found; says is empty if all is well.
type finding struct {
	what  string
	level level
	says  string
}

// verdict is a finding that is on its way from a check. Any other error of a check means that it could not look.
type verdict struct {
	level level
	text  string
}

func (v verdict) Error() string { return v.text }

// lacks says what is wrong and what to do about it.
func lacks(format string, args ...any) error { return verdict{missing, fmt.Sprintf(format, args...)} }

func beware(format string, args ...any) error { return verdict{warning, fmt.Sprintf(format, args...)} }

// untold says why a check cannot be made.
func untold(format string, args ...any) error { return verdict{unknown, fmt.Sprintf(format, args...)} }

func judge(what string, err error) finding {
	var v verdict
	switch needs := refused(err); {
	case err == nil:
		return finding{what: what}
	case errors.As(err, &v):
		return finding{what, v.level, v.text}
	case needs != "":
		return finding{what, unknown, "cannot look: needs " + needs}
	default:
		return finding{what, unknown, "cannot look: " + err.Error()}
	}
}

// refused names the permission that an API call would have needed; it is empty if that is not why it failed.
func refused(err error) string {
	var api smithy.APIError
	var call *smithy.OperationError
	if !errors.As(err, &api) || !errors.As(err, &call) {
		return ""
	}
	switch code := api.ErrorCode(); {
	// EC2 and SNS have codes of their own, and the answer to a HEAD has no code but the status.
	case strings.HasPrefix(code, "AccessDenied"), code == "AuthorizationError", code == "UnauthorizedOperation", code == "Forbidden":
		return permission(call.ServiceID, call.OperationName)
	}
	return ""
}

// prefixes are those that IAM writes in another way than the SDK, in lower case.
var prefixes = map[string]string{
	"Auto Scaling": "autoscaling", "CloudWatch Logs": "logs", "Elastic Load Balancing v2": "elasticloadbalancing", "Secrets Manager": "secretsmanager", "SFN": "states",
}

// renamed are operations whose permission has another name.
var renamed = map[string]string{
	"HeadBucket": "ListBucket", "GetBucketNotificationConfiguration": "GetBucketNotification", "GetBucketEncryption": "GetEncryptionConfiguration",
}

// permission is the IAM action that permits an operation.
func permission(service, operation string) string {
	prefix, found := prefixes[service]
	if !found {
		prefix = strings.ToLower(service)
	}
	if name, found := renamed[operation]; found {
		operation = name
	}
	return prefix + ":" + operation
}
