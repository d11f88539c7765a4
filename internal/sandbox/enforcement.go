package sandbox

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/iam"
	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/template"
)

// principal is a role of a template, and the function that has it.
type principal struct {
	role     template.Role
	function string // its ARN
	template *template.Template
}

// enforcement holds the templates' IAM policies against every call that a function or a state machine makes.
// Who calls is told by the access key; keys that no function has are operators', who may do anything here.
type enforcement struct {
	account    iam.Account
	principals map[string]principal // by access key, or by a state machine's name
	without    *iam.Ref             // a statement that is left out

	mu     sync.Mutex
	denied []iam.Decision
	used   []iam.Ref
}

// Denied returns the calls that were refused, and Used the statements that permitted one.
func (a *Account) Denied() []iam.Decision {
	a.iam.mu.Lock()
	defer a.iam.mu.Unlock()
	return slices.Clone(a.iam.denied)
}

// Used returns the statements that have permitted a call, each once.
func (a *Account) Used() []iam.Ref {
	a.iam.mu.Lock()
	defer a.iam.mu.Unlock()
	return slices.Clone(a.iam.used)
}

// decide holds requests against the principal's policies and those of the resources.
func (e *enforcement) decide(p principal, requests ...iam.Request) (refused *iam.Decision) {
	for _, q := range requests {
		q.Principal = p.role.ARN
		if p.function != "" {
			q = q.With("lambda:SourceFunctionArn", p.function)
		}
		if d := e.decideFor(q, append(slices.Clone(p.role.Policies), p.template.PoliciesAt(q.Resource)...)); d != nil {
			return d
		}
	}
	return nil
}

// decideFor holds one request against policies, and notes what came of it.
func (e *enforcement) decideFor(q iam.Request, policies iam.Policies) (refused *iam.Decision) {
	if e.without != nil {
		policies = policies.Without(*e.without)
	}
	d := policies.Decide(q)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !d.Allowed {
		e.denied = append(e.denied, d)
		return &d
	}
	if !slices.Contains(e.used, d.By) {
		e.used = append(e.used, d.By)
	}
	return nil
}

// permitted decides on a call to the account's APIs, and answers it when it is refused.
func (e *enforcement) permitted(w http.ResponseWriter, r *http.Request) (who principal, ok bool) {
	key, _ := iam.Signer(r)
	who, known := e.principals[key]
	if !known {
		return who, true
	}
	requests, err := e.requests(r)
	message := ""
	if err != nil {
		message = err.Error() // an unknown call is refused
	} else if refused := e.decide(who, requests...); refused != nil {
		message = refused.Message()
	}
	if message != "" {
		iam.Refuse(w, r, rand.Text(), message)
	}
	return who, message == ""
}

func (e *enforcement) requests(r *http.Request) ([]iam.Request, error) {
	var body []byte
	if service(r) != "s3" || r.Method == http.MethodPost { // objects' contents are not looked at
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return e.account.Requests(r, body)
}

// hiding answers 403 instead of 404 to whom S3 would not tell that an object is missing.
type hiding struct {
	http.ResponseWriter
	refused func() *iam.Decision
	request *http.Request
	hidden  bool
}

func (h *hiding) WriteHeader(status int) {
	if status == http.StatusNotFound {
		if d := h.refused(); d != nil {
			h.hidden = true
			h.ResponseWriter.Header().Del("Content-Length")
			iam.Refuse(h.ResponseWriter, h.request, rand.Text(), d.Message())
			return
		}
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *hiding) Write(p []byte) (int, error) {
	if h.hidden {
		return len(p), nil
	}
	return h.ResponseWriter.Write(p)
}

// hide wraps a writer for calls that read an object.
func (e *enforcement) hide(who principal, w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	missing := e.account.MissingObject(r)
	if missing == nil || who.template == nil {
		return w
	}
	return &hiding{ResponseWriter: w, request: r, refused: func() *iam.Decision { return e.decide(who, *missing) }}
}

// groupOf names the group that an instance is in.
func (a *Account) groupOf(instance string) string {
	for _, e := range a.Environments {
		for _, i := range e.Fleet.Snapshot().Group.Instances {
			if i.ID == instance {
				return e.Fleet.Names.Group
			}
		}
	}
	return ""
}
