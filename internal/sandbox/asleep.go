package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// Lambda takes the network interfaces of a function in a VPC back when nobody has called it for weeks, and makes others
// when it is called: until then every call fails. In the sandbox all these functions sleep at the beginning.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html

// wakingUp is how long it takes.
const wakingUp = 100 * time.Second

// sleep is that of one function.
type sleep struct {
	mu     sync.Mutex
	called time.Time // first; zero: never
}

// asleep refuses a call of a function that has not woken up.
func (f *Function) asleep(now time.Time) *apiError {
	f.sleep.mu.Lock()
	defer f.sleep.mu.Unlock()
	if f.sleep.called.IsZero() {
		f.sleep.called = now
	}
	if !f.deployed.InVPC || now.Sub(f.sleep.called) >= wakingUp {
		return nil
	}
	return &apiError{Code: "ResourceNotReadyException", Status: http.StatusBadGateway,
		Message: "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to reestablish and try again."}
}
