package rds

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := func(user string) string { return w.token("db.example.org:5432", user, operator) }
	pam := func(user string) string {
		return fmt.Sprintf("FATAL: PAM authentication failed for user %q (28000)", user)
	}
	wrong := func(user string) string {
		return fmt.Sprintf("FATAL: password authentication failed for user %q (28P01)", user)
	}
	good := w.good(w.member)
	for _, tt := range []struct{ name, user, password, refused string }{
		{"a good token", w.member, good, ""},
		{"a good token again", w.member, good, ""},
		{"a token with a path, as other SDKs make it", w.member, strings.Replace(good, "?", "/?", 1), ""},
		{"a token signed with a session", w.member, w.token(w.server.Endpoint(), w.member, session), ""},
		{"a member through another role", w.through, w.good(w.through), ""},
		{"somebody else by password", w.outside, password, ""},
		{"a token of another user", w.member, w.good(w.outside), pam(w.member)},
		{"a token for another host", w.member, elsewhere(w.member), pam(w.member)},
		{"a token for another port", w.member, w.token("localhost:5432", w.member, operator), pam(w.member)},
		{"a token of a stranger", w.member, w.token(w.server.Endpoint(), w.member, stranger), pam(w.member)},
		{"a signature by another secret", w.member, w.token(w.server.Endpoint(), w.member, keys{AccessKeyID: operator.AccessKeyID, SecretAccessKey: "guess"}), pam(w.member)},
		{"a session without its token", w.member, w.token(w.server.Endpoint(), w.member, keys{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey}), pam(w.member)},
		{"another user written over the signed one", w.member, strings.ReplaceAll(w.good(w.outside), w.outside, w.member), pam(w.member)},
		{"another action", w.member, strings.Replace(good, "Action=connect", "Action=describe", 1), pam(w.member)},
		{"a longer life", w.member, strings.Replace(good, "X-Amz-Expires=900", "X-Amz-Expires=90000", 1), pam(w.member)},
		{"one parameter more", w.member, good + "&a=b", pam(w.member)},
		{"a token cut off", w.member, good[:len(good)-1], pam(w.member)},
		{"the first half of a token", w.member, good[:len(good)/2], pam(w.member)},
		{"the scheme before a token", w.member, "https://" + good, pam(w.member)},
		{"a member by password", w.member, password, pam(w.member)},
		{"a member through another role by password", w.through, password, pam(w.through)},
		{"a token of one who is no member", w.outside, w.good(w.outside), wrong(w.outside)},
		{"somebody else by a guess", w.outside, "guess", wrong(w.outside)},
		{"nobody", "nobody", w.good("nobody"), wrong("nobody")},
		{"a superuser, who is no member by being one", server.User, w.good(server.User), wrong(server.User)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn, err := w.connect(tt.user, tt.password)
			switch {
			case tt.refused != "":
				if answer(err) != tt.refused {
					t.Errorf("answer %s; want %s", answer(err), tt.refused)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			var user, database string
			if err := conn.QueryRow(t.Context(), "SELECT session_user, current_database()").Scan(&user, &database); err != nil || user != tt.user || database != w.database {
				t.Errorf("%s is %s in %s, %v", tt.user, user, database, err)
			}
		})
	}
}

// TestReasons: what the log says of a token that is refused.
func TestReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.good(w.member)
	edited := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for token, why := range map[string]string{
		password: "is no token",
		w.token("db.example.org:5432", w.member, operator): "the token is for db.example.org:5432, and this is " + w.server.Endpoint(),
		strings.Replace(good, "?", "/elsewhere?", 1):       "the token is for " + w.server.Endpoint() + "/elsewhere",
		edited("Action=connect", "Action=describe"):        `the action "describe"`,
		w.good(w.outside):                                  fmt.Sprintf("the user %q", w.outside),
		edited("X-Amz-Date=2", "X-Amz-Date=x"):             "the token's date",
		edited("X-Amz-Expires=900", "X-Amz-Expires=90000"): `lives "90000" seconds`,
		edited("X-Amz-Date=2", "X-Amz-Date=3"):             "is valid from 3",
		edited("X-Amz-Date=2", "X-Amz-Date=1"):             "expired at 1",
		w.token(w.server.Endpoint(), w.member, stranger):   `nobody has the access key "AKIASTRANGER"`,
		edited("us-east-1", "us-west-2"):                   "the signature is not that of AKIAOPERATOR for rds-db in us-east-1",
		good[:len(good)-1]:                                 "the signature is not",
	} {
		if _, err := w.server.check(token, w.member); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v; want %s", token, err, why)
		}
	}
	if key, err := w.server.check(good, w.member); err != nil || key != operator.AccessKeyID {
		t.Errorf("a good token: signed by %q, %v", key, err)
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[time.Time]
	w := newWorld(t, func(c *Config) { c.Now = func() time.Time { return *now.Load() } })
	token := w.good(w.member)
	u, err := url.Parse("https://" + token)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := time.Parse(dateFormat, u.Query().Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after time.Duration
		valid bool
	}{
		{-time.Second, false}, // signed with a clock that is ahead
		{0, true},
		{15*time.Minute - time.Second, true},
		{15 * time.Minute, false},
		{24 * time.Hour, false},
	} {
		t.Run(tt.after.String(), func(t *testing.T) {
			at := signed.Add(tt.after)
			now.Store(&at)
			_, err := w.connect(w.member, token)
			if (err == nil) != tt.valid || err != nil && !strings.Contains(answer(err), "PAM authentication failed") {
				t.Errorf("connect: %v; want valid = %v", err, tt.valid)
			}
		})
	}
}

func TestIAMIsAsked(t *testing.T) {
	t.Parallel()
	var asked, logged bytes.Buffer
	w := newWorld(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&logged, nil))
		c.Permit = func(accessKey, user string) error {
			fmt.Fprint(&asked, accessKey, " ", user)
			return errors.New("no statement permits it")
		}
	})
	_, err := w.connect(w.member, w.good(w.member))
	if got, want := answer(err), fmt.Sprintf("FATAL: PAM authentication failed for user %q (28000)", w.member); got != want {
		t.Errorf("answer %s; want %s", got, want)
	}
	if err := w.server.Close(); err != nil { // so that nobody writes the log any more
		t.Error(err)
	}
	if got, want := asked.String(), operator.AccessKeyID+" "+w.member; got != want {
		t.Errorf("IAM was asked for %q; want %q", got, want)
	}
	if !strings.Contains(logged.String(), "no statement permits it") {
		t.Errorf("the log does not say why: %s", &logged)
	}
}

// TestIAMIsNotAskedForWhatIsNoToken: neither for a password nor for a token that is not good.
func TestIAMIsNotAskedForWhatIsNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.Permit = func(accessKey, user string) error {
			t.Errorf("IAM was asked for %s as %s", accessKey, user)
			return nil
		}
	})
	for user, given := range map[string]string{w.outside: password, w.member: password, w.through: w.good(w.member)} {
		_, err := w.connect(user, given)
		if (err == nil) != (user == w.outside) {
			t.Errorf("%s: %v", user, err)
		}
	}
}
