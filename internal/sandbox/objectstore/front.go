package objectstore

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Front is the store as its users see it. It serves path-style requests on any host and port, takes any credentials, and adds to
// the gateway: authorisation, faults, events, conditions on a copy's destination, 412 where the gateway says 304, and the
// ETags of objects that are encrypted with keys of KMS.
type Front struct {
	server *Server
	hooks  atomic.Pointer[Hooks]
}

// Front returns another front of the store, with hooks of its own.
func (s *Server) Front(hooks Hooks) *Front {
	f := &Front{server: s}
	f.SetHooks(hooks)
	return f
}

// SetHooks replaces the hooks, also while requests are served.
func (f *Front) SetHooks(hooks Hooks) { f.hooks.Store(&hooks) }

// ServeHTTP serves one request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hooks, t, caller := f.hooks.Load(), targetOf(r), accessKeyOf(r)
	if hooks.Authorize != nil {
		if err := hooks.Authorize(r, caller); err != nil {
			Refusal{http.StatusForbidden, "AccessDenied", err.Error()}.write(w, r)
			return
		}
	}
	var fault Fault
	if hooks.Fault != nil {
		fault = hooks.Fault(t.op, t.bucket, t.key)
	}
	if wait(r.Context(), fault.Delay) != nil {
		return
	}
	if fault.Before != nil {
		fault.Before()
	}
	if fault.Refuse != nil {
		fault.Refuse.write(w, r)
		return
	}
	answer, refused := f.shown(r, t, sealed{hooks.KeyOf})
	switch {
	case refused != nil:
		refused.write(w, r)
		return
	case answer.created() && hooks.OnObjectCreated != nil:
		hooks.OnObjectCreated(f.server.event(r.Context(), t, answer, caller))
	}
	defer answer.Body.Close()
	switch {
	case fault.LostAnswer:
		panic(http.ErrAbortHandler)
	case fault.Replace != nil:
		fault.Replace.write(w, r)
	default:
		answer.write(w)
	}
}

// wait returns early, with an error, when the caller has gone.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is what the gateway said. The bodies of writes are short and held, so that they can be read twice.
type answer struct {
	*http.Response
	op   string
	held []byte
}

// shown lets the gateway do what is asked, and shows its answer as S3 would.
func (f *Front) shown(r *http.Request, t target, s sealed) (*answer, *Refusal) {
	asked, err := s.request(r, t)
	if err != nil {
		return nil, &Refusal{http.StatusBadRequest, "IncompleteBody", err.Error()}
	}
	a, refused := f.effect(asked, t)
	if refused != nil {
		return nil, refused
	}
	if err := s.answer(a, t); err != nil {
		return nil, InternalError()
	}
	return a, nil
}

// effect lets the gateway do what is asked.
func (f *Front) effect(r *http.Request, t target) (*answer, *Refusal) {
	if t.writes() {
		unlock := f.server.keys.lock(t, conditionalCopy(r, t))
		defer unlock()
	}
	if refused := f.server.checkDestination(r, t); refused != nil {
		return nil, refused
	}
	response, err := f.server.forward(r)
	if err != nil {
		return nil, &Refusal{http.StatusBadRequest, "InvalidRequest", err.Error()}
	}
	if response.StatusCode == http.StatusNotModified && (t.op == "CopyObject" || t.op == "UploadPartCopy") {
		response.Body.Close()
		return nil, preconditionFailed()
	}
	a := &answer{Response: response, op: t.op}
	if t.writes() {
		a.held, err = io.ReadAll(response.Body)
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(a.held))
		if err != nil {
			return nil, InternalError()
		}
	}
	return a, nil
}

func (a *answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.Header().Del("Connection")
	if a.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(a.ContentLength, 10))
	}
	w.WriteHeader(a.StatusCode)
	_, _ = io.Copy(w, a.Body) // the caller has gone; there is nobody to tell
}

// write answers the error as S3 does. A HEAD has no body, so it loses the code.
func (e Refusal) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.Status)
	if r.Method == http.MethodHead {
		return
	}
	body, _ := xml.Marshal(struct {
		XMLName  xml.Name `xml:"Error"`
		Code     string
		Message  string
		Resource string
	}{Code: e.Code, Message: e.Message, Resource: r.URL.Path})
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
