package iam

import (
	"encoding/xml"
	"fmt"
	"net/http"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

// Refuse answers a call that is denied, with the error code and status that the service's own answer has.
func Refuse(w http.ResponseWriter, r *http.Request, requestID, message string) {
	_, service := Signer(r)
	switch service {
	case "s3":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		if r.Method != http.MethodHead {
			fmt.Fprint(w, xml.Header+"<Error><Code>AccessDenied</Code><Message>")
			_ = xml.EscapeText(w, []byte(message)) // the caller may be gone
			fmt.Fprintf(w, "</Message><RequestId>%s</RequestId></Error>", requestID)
		}
		return
	case "lambda":
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"Message":%q}`, message)
		return
	}
	refusal := &awswire.Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
	switch service {
	case "ecs", "logs", "secretsmanager", "states":
		refusal.Code, refusal.Status = "AccessDeniedException", http.StatusBadRequest
	case "sns":
		refusal.Code = "AuthorizationError"
	}
	call, err := awswire.Parse(r)
	if err == nil {
		err = call.Fail(w, requestID, refusal)
	}
	if err != nil {
		http.Error(w, message, http.StatusForbidden)
	}
}
