package main

import (
	"slices"
	"testing"

	"github.com/publicmapping/districtbuilder-ops/stack/settings"
)

func TestPacked(t *testing.T) {
	for _, tt := range []struct{ texts, want []string }{
		{[]string{"ab", "cd", "ef"}, []string{"ab; cd", "ef"}},
		{[]string{"abcdefgh", "i"}, []string{"abcdefgh", "i"}},
		{[]string{"i", "abcdefgh"}, []string{"i", "abcdefgh"}},
		{nil, nil},
	} {
		if got := packed(tt.texts, 7); !slices.Equal(got, tt.want) {
			t.Errorf("packed(%q) = %q, want %q", tt.texts, got, tt.want)
		}
	}
}

// TestWhatIsNotSeen is named only where no check looks at it.
func TestWhatIsNotSeen(t *testing.T) {
	e := settings.Environment{Database: settings.Database{ResourceID: "db-1"}, Other: settings.Other{Database: &settings.Database{ResourceID: "db-2"}}}
	if got, want := unseen(e), []string{"its logins", "network ACLs", "keys that objects were written with"}; !slices.Equal(got, want) {
		t.Errorf("unseen %q, want %q", got, want)
	}
	secret := settings.Database{SecretARNs: map[string]string{"find-regions": "arn:1"}}
	e.Database, e.Other.Database, e.DataKeys = secret, &secret, map[string]string{"b": "arn:2"}
	want := []string{"the database (it has no resourceId)", "its logins", "what the secrets hold", "the route to other.database", "network ACLs",
		"keys that objects were written with", "the policies of dataKeys"}
	if got := unseen(e); !slices.Equal(got, want) {
		t.Errorf("unseen %q, want %q", got, want)
	}
}
