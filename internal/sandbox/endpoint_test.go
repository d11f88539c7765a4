package sandbox

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnUnknownServiceIsRefusedWithThoseThatThereAre(t *testing.T) {
	a := &Account{services: map[string]http.Handler{"sts": nil, "s3": nil, "ssm": nil}}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=operator/20261122/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if want := "the sandbox has no service kms; it has those that requests sign as s3, ssm, sts\n"; w.Code != http.StatusNotImplemented || w.Body.String() != want {
		t.Errorf("%d %q, want %q", w.Code, w.Body, want)
	}
}
