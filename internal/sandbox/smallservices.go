package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Message is something published to an SNS topic.
type Message struct{ Topic, Subject, Text string }

// topics keeps what was published; nobody subscribes in the sandbox but whoever looks.
type topics struct {
	mu       sync.Mutex
	messages []Message
}

func (t *topics) publish(m Message) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.messages = append(t.messages, m)
	return rand.Text()
}

// Messages returns what was published so far.
func (a *Account) Messages() []Message {
	a.topics.mu.Lock()
	defer a.topics.mu.Unlock()
	return append([]Message(nil), a.topics.messages...)
}

func (t *topics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("Action") != "Publish" {
		refuseAction(w, snsNamespace, "the sandbox's SNS knows Publish only, not "+r.PostForm.Get("Action"))
		return
	}
	id := t.publish(Message{r.PostForm.Get("TopicArn"), r.PostForm.Get("Subject"), r.PostForm.Get("Message")})
	writeXML(w, "Publish", snsNamespace, "<MessageId>"+id+"</MessageId>")
}

// The XML namespaces of the Query protocol's answers.
const (
	snsNamespace = "http://sns.amazonaws.com/doc/2010-03-31/"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// identity serves GetCallerIdentity of STS, which the aws command is often asked for first.
func (a *Account) identity(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("Action") != "GetCallerIdentity" {
		refuseAction(w, stsNamespace, "the sandbox's STS knows GetCallerIdentity only, not "+r.PostForm.Get("Action"))
		return
	}
	writeXML(w, "GetCallerIdentity", stsNamespace, fmt.Sprintf(
		"<Arn>arn:aws:iam::%s:user/sandbox</Arn><UserId>AIDASANDBOX</UserId><Account>%s</Account>", AccountID, AccountID))
}

func writeXML(w http.ResponseWriter, action, namespace, result string) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `%s<%[2]sResponse xmlns="%[3]s"><%[2]sResult>%[4]s</%[2]sResult><ResponseMetadata><RequestId>%[5]s</RequestId></ResponseMetadata></%[2]sResponse>`,
		xml.Header, action, namespace, result, rand.Text())
}

// refuseAction answers an action that is not served as the Query protocol does: the SDK and the aws command can read it.
func refuseAction(w http.ResponseWriter, namespace, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `%s<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>`, xml.Header, namespace)
	_ = xml.EscapeText(w, []byte(message)) // as the rest: the client may be gone
	fmt.Fprintf(w, `</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, rand.Text())
}

// secrets serves GetSecretValue of Secrets Manager.
func (a *Account) secretOperations() operations {
	type request struct{ SecretId string }
	return operations{"GetSecretValue": operation(func(_ *http.Request, in request) (map[string]string, error) {
		value, ok := a.secrets[in.SecretId]
		if !ok {
			return nil, &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
		}
		return map[string]string{"ARN": in.SecretId, "Name": in.SecretId, "SecretString": value, "VersionId": "sandbox"}, nil
	})}
}

// invokeHTTP serves Invoke of Lambda: POST /2015-03-31/functions/<name>/invocations.
func (a *Account) invokeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method != http.MethodPost || len(parts) != 4 || parts[1] != "functions" || parts[3] != "invocations" {
		writeError(w, &apiError{Code: "InvalidRequestContentException", Message: "the sandbox's Lambda knows Invoke only"})
		return
	}
	f, ok := a.functionNamed(parts[2])
	if !ok {
		writeError(w, &apiError{Code: "ResourceNotFoundException", Status: http.StatusNotFound, Message: "Function not found: " + parts[2]})
		return
	}
	payload := json.RawMessage("{}")
	if err := json.NewDecoder(r.Body).Decode(&payload); err != nil && r.ContentLength != 0 {
		writeError(w, &apiError{Code: "InvalidRequestContentException", Message: "the payload is not JSON: " + err.Error()})
		return
	}
	answer, err := a.invoke(f, payload)
	var refused *apiError
	if errors.As(err, &refused) {
		writeError(w, refused)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer, _ = json.Marshal(errorPayload(err))
	}
	_, _ = w.Write(answer)
}

func errorPayload(err error) map[string]string {
	if e, ok := err.(*FunctionError); ok { //nolint:errorlint // invoke returns it bare
		return map[string]string{"errorType": e.Type, "errorMessage": e.Message}
	}
	return map[string]string{"errorType": "Unhandled", "errorMessage": err.Error()}
}
