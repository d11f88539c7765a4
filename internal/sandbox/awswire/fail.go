package awswire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Error is an error answer of a service.
type Error struct {
	Code    string
	Message string
	// Status is the HTTP status; 0 means 400.
	Status int
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns a client error (status 400).
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Fail writes an error answer in the call's protocol.
func (c *Call) Fail(w http.ResponseWriter, requestID string, e *Error) error {
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	body, err := c.encodeError(requestID, status, e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.Code, err)
	}
	if c.protocol == JSON {
		w.Header().Set("X-Amzn-ErrorType", e.Code)
	}
	return c.write(w, requestID, status, body)
}

func (c *Call) encodeError(requestID string, status int, e *Error) ([]byte, error) {
	switch c.protocol {
	case CBOR:
		return cbor.Encode(cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)}), nil
	case Query:
		kind := "Sender"
		if status >= http.StatusInternalServerError {
			kind = "Receiver"
		}
		var message bytes.Buffer
		if err := xml.EscapeText(&message, []byte(e.Message)); err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, `<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
			namespaces[c.Service], kind, e.Code, message.String(), requestID), nil
	default:
		return json.Marshal(map[string]string{"__type": e.Code, "message": e.Message})
	}
}

// FailUnparsed answers a request that Parse refused.
func FailUnparsed(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusBadRequest)
}
