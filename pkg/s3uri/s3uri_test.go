package s3uri

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, uri, want string
		mended          bool
		wantErr         string
	}{
		{name: "canonical", uri: "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z/", want: "s3://data/regions/US/TX/2021-08-12T21:42:38.860Z/"},
		{name: "missing slash is mended", uri: "s3://data/regions/US/TX/v1", want: "s3://data/regions/US/TX/v1/", mended: true},
		{name: "spaces, plus and non-ASCII are kept", uri: "s3://data/a b+c/é/", want: "s3://data/a b+c/é/"},
		{name: "https", uri: "https://data/regions/", wantErr: "s3://"},
		{name: "bucket alone", uri: "s3://data", wantErr: "no path"},
		{name: "bucket and slash", uri: "s3://data/", wantErr: "no path"},
		{name: "double slash", uri: "s3://data/regions//TX/", wantErr: "empty"},
		{name: "two trailing slashes", uri: "s3://data/regions//", wantErr: "empty"},
		{name: "dot dot", uri: "s3://data/regions/../TX/", wantErr: "'..'"},
		{name: "capital bucket", uri: "s3://Data/regions/", wantErr: "bucket"},
		{name: "control character", uri: "s3://data/regions/\n/", wantErr: "control"},
		{name: "too long", uri: "s3://data/" + strings.Repeat("x", 901) + "/", wantErr: "900"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, mended, err := Parse(tt.uri)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("Parse(%q) error = %v, want one with %q", tt.uri, err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want || mended != tt.mended {
				t.Errorf("Parse(%q) = %s, mended %v; want %s, %v", tt.uri, got, mended, tt.want, tt.mended)
			}
		})
	}
}

func TestSiblingLiesBesideAndNotInside(t *testing.T) {
	p, _, _ := Parse("s3://data/regions/US/TX/v1/")
	b := p.Sibling("-backup-2026-11-22")
	if b.String() != "s3://data/regions/US/TX/v1-backup-2026-11-22/" {
		t.Errorf("Sibling = %s", b)
	}
	if b.Within(p) || p.Within(b) {
		t.Errorf("%s and %s overlap", p, b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("s3://data/regions/US/TX/v1")
	f.Add("s3://data/a b+c/é/")
	f.Add("s3:///x")
	f.Fuzz(func(t *testing.T, uri string) {
		p, _, err := Parse(uri)
		if err != nil {
			return
		}
		again, mended, err := Parse(p.String())
		if err != nil || mended || again != p {
			t.Fatalf("Parse(%q) = %v, which reads back as %v, mended %v, %v", uri, p, again, mended, err)
		}
	})
}
