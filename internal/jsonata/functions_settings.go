package jsonata

import (
	cryptorand "crypto/rand"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// settingsOf finds the evaluation's Settings.
func settingsOf(in scope) *Settings {
	if value, ok := in.Lookup(settingsName); ok {
		return value.(*Settings)
	}
	return &Settings{}
}

// moment is the time that the whole evaluation sees.
func (s *Settings) moment() time.Time {
	if s.frozen.IsZero() {
		if s.Now == nil {
			s.Now = time.Now
		}
		s.frozen = s.Now()
	}
	return s.frozen
}

func (s *Settings) random() float64 {
	if s.Random == nil {
		return rand.Float64()
	}
	return s.Random()
}

// now is $now([picture [, timezone]]).
func now(args []any, focus any, in scope) (any, error) {
	at := float64(settingsOf(in).moment().UnixMilli())
	return native("fromMillis")(append([]any{at}, args...), focus)
}

// millis is $millis().
func millis(_ []any, _ any, in scope) (any, error) {
	return float64(settingsOf(in).moment().UnixMilli()), nil
}

// random is $random([seed]). The same seed gives the same number, though not the one that the service gives.
func random(args []any, _ any, in scope) (any, error) {
	args, err := arguments("random", args, 1)
	if err != nil {
		return nil, err
	}
	switch seed := args[0].(type) {
	case nil:
		return settingsOf(in).random(), nil
	case float64:
		return rand.New(rand.NewPCG(math.Float64bits(seed), 0)).Float64(), nil
	}
	return nil, mistyped(1, "random")
}

// uuid is $uuid(): version 4.
func uuid(args []any, _ any, in scope) (any, error) {
	if _, err := arguments("uuid", args, 0); err != nil {
		return nil, err
	}
	if make := settingsOf(in).UUID; make != nil {
		return make(), nil
	}
	return NewUUID(), nil
}

// NewUUID returns a random UUID, version 4.
func NewUUID() string {
	var b [16]byte
	cryptorand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// shuffle is $shuffle(array).
func shuffle(args []any, _ any, in scope) (any, error) {
	args, err := arguments("shuffle", args, 1)
	if err != nil || args[0] == nil {
		return nil, err
	}
	items, ok := args[0].([]any)
	if !ok {
		return []any{args[0]}, nil
	}
	mixed, settings := append([]any{}, items...), settingsOf(in)
	for i := len(mixed) - 1; i > 0; i-- {
		j := int(settings.random() * float64(i+1))
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	return mixed, nil
}
