package record

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Held tells a condition that did not hold from other failures of a conditional call. S3 answers 412 when the condition does
// not hold, 409 when another write to the key is under way, and 404 when If-Match names an object that is gone.
//
// The SDK repeats a call whose answer was lost, and then a caller's own first write refuses its second:
// whoever is refused reads the object back to see whose it is.
func Held(err error) (bool, error) {
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return false, nil
	case http.StatusNotFound:
		if code(err) != "NoSuchBucket" {
			return false, nil
		}
	}
	return err == nil, err
}

// Missing reports whether S3 said that the object does not exist. No other answer says so: a missing bucket is a wrong setting.
func Missing(err error) bool { return code(err) == "NoSuchKey" }

// status returns the HTTP status of a failed call, 0 if there was no answer.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// code returns the error code of a failed call, empty if there is none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
