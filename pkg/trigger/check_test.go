package trigger

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	region := `{"uri":"s3://data/regions/US/TX/1/","source":"s3://incoming/tx/"}`
	tests := []struct{ name, text, want string }{
		{"good", good, ""},
		{"not JSON", `regions`, "invalid character"},
		{"no regions", `{}`, "regions: 0"},
		{"too large", `{"regions":[` + region + `],"reason":"` + strings.Repeat("x", maxSize) + `"}`, "over 262144 bytes"},
		{"an option in another case, which the machine would not see", `{"regions":[` + region + `],"dryrun":true}`, `unknown field "dryrun"`},
		{"the same option twice", `{"regions":[` + region + `],"dryRun":true,"DryRun":false}`, `unknown field "DryRun"`},
		{"regions in another case", `{"Regions":[` + region + `]}`, `unknown field "Regions"`},
		{"a region's field in another case", `{"regions":[{"URI":"s3://data/regions/US/TX/1/","source":"s3://incoming/tx/"}]}`, `regions[0]: unknown field "URI"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input, err := Check([]byte(tt.text))
			if tt.want == "" {
				if err != nil || strings.ContainsAny(input, "\n") || !strings.Contains(input, `"dryRun":true`) {
					t.Errorf("%q, %v; want the text on one line", input, err)
				}
				return
			}
			if err == nil || input != "" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q, %v; want an error with %q", input, err, tt.want)
			}
		})
	}
}
