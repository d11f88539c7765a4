package fleetsim

import "time"

// Faults is how nasty the account is. The zero value is a perfect account that AWS does not sell.
type Faults struct {
	// Stale is how old the state may be that ECS and Elastic Load Balancing show; StaleRate how often it is old at all.
	Stale     time.Duration
	StaleRate float64
	// Throttled is the share of calls refused for their rate.
	Throttled float64
	// LostAnswers is the share of calls that take effect and then fail: with a 500 or a broken connection.
	LostAnswers float64
	// EmptyPages is the share of FilterLogEvents pages without events and with a next token.
	EmptyPages float64
	// LogDelay is the longest time from a log event's timestamp until it can be read.
	LogDelay time.Duration
	// Noise adds log lines of other loggers: stack traces, JSON, very long lines.
	Noise bool
}

// Mild is what a caller with the SDK's usual retries survives without noticing.
func Mild() Faults {
	return Faults{
		Stale: 5 * time.Second, StaleRate: 0.3,
		Throttled: 0.02, LostAnswers: 0.005,
		EmptyPages: 0.2, LogDelay: 5 * time.Second,
		Noise: true,
	}
}

// Fault is what happens to one call.
type Fault int

// The faults.
const (
	// NoFault leaves the call to Faults' own chances.
	NoFault Fault = iota
	// Pass shields the call from them.
	Pass
	// Throttle refuses it for its rate.
	Throttle
	// Error500 refuses it with the service's internal error.
	Error500
	// Drop closes the connection before anything happened.
	Drop
	// LostAnswer500 lets it take effect and answers with an internal error.
	LostAnswer500
	// LostAnswerDrop lets it take effect and closes the connection.
	LostAnswerDrop
)
