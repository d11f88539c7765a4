package asl

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Errors of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, named as the service names them.
var (
	ErrInvalidToken  = errors.New("InvalidToken: no task was given this token")
	ErrTaskTimedOut  = errors.New("TaskTimedOut: the task is over, or its answer has been given")
	ErrInvalidOutput = errors.New("InvalidOutput: the output is not JSON of at most 256 KiB")
)

// A waiter is a task that waits for its token's owner.
type waiter struct {
	answers chan answer   // holds one
	beats   chan struct{} // holds one
}

// An answer is what a task comes to.
type answer struct {
	output any
	err    error
}

// await makes a token that may be answered until forget.
func (in *Interpreter) await() (string, *waiter) {
	token := ""
	if in.Token != nil {
		token = in.Token()
	} else {
		var b [48]byte
		rand.Read(b[:])
		token = base64.RawURLEncoding.EncodeToString(b[:])
	}
	w := &waiter{answers: make(chan answer, 1), beats: make(chan struct{}, 1)}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.waiting == nil {
		in.waiting, in.spent = map[string]*waiter{}, map[string]bool{}
	}
	in.waiting[token] = w
	return token, w
}

// forget ends a token.
func (in *Interpreter) forget(token string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.waiting, token)
	in.spent[token] = true
}

// SendTaskSuccess gives the output, a JSON text, of the task that holds the token.
func (in *Interpreter) SendTaskSuccess(token string, output json.RawMessage) error {
	if !json.Valid(output) || len(output) > maxPayload {
		return ErrInvalidOutput
	}
	return in.answer(token, answer{output: output})
}

// SendTaskFailure fails the task that holds the token.
func (in *Interpreter) SendTaskFailure(token, name, cause string) error {
	return in.answer(token, answer{err: &Error{Name: name, Cause: cause}})
}

// SendTaskHeartbeat says that the task that holds the token is alive.
func (in *Interpreter) SendTaskHeartbeat(token string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	w, err := in.waiter(token)
	if err != nil {
		return err
	}
	select {
	case w.beats <- struct{}{}:
	default:
	}
	return nil
}

func (in *Interpreter) answer(token string, a answer) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	w, err := in.waiter(token)
	if err != nil {
		return err
	}
	delete(in.waiting, token)
	in.spent[token] = true
	w.answers <- a
	return nil
}

// waiter finds who waits for a token. The lock is held.
func (in *Interpreter) waiter(token string) (*waiter, error) {
	if w, ok := in.waiting[token]; ok {
		return w, nil
	}
	if in.spent[token] {
		return nil, fmt.Errorf("%w: %s", ErrTaskTimedOut, token)
	}
	return nil, fmt.Errorf("%w: %q", ErrInvalidToken, token)
}
