package asl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/publicmapping/districtbuilder-ops/internal/asl"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	states := func(s string) string { return `{"QueryLanguage":"JSONata","StartAt":"A","States":{` + s + `}}` }
	task := func(s string) string { return states(`"A":{` + lambda + `,"End":true,` + s + `}`) }
	pass := func(s string) string { return states(`"A":{"Type":"Pass","End":true,` + s + `}`) }
	caught := func(s string) string { return task(`"Catch":[` + s + `]`) }
	tests := []struct{ name, text, want string }{
		{"no JSON", `{`, "not JSON"},
		{"two values", `{} {}`, "not JSON"},
		{"no object", `[]`, "must be an object"},
		{"key twice", `{"StartAt":"A","StartAt":"B"}`, `the key "StartAt" stands twice`},
		{"no states", `{"QueryLanguage":"JSONata","StartAt":"A","States":{}}`, "States: must be an object with at least one state"},
		{"unknown field of the machine", `{"QueryLanguage":"JSONata","StartAt":"A","Sates":{},"States":{"A":{"Type":"Succeed"}}}`, "Sates: is no field"},
		{"no such start", `{"QueryLanguage":"JSONata","StartAt":"B","States":{"A":{"Type":"Succeed"}}}`, `StartAt: there is no state "B"`},
		{"JSONPath by default", `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "state A, QueryLanguage: the state is JSONPath"},
		{"JSONPath state", states(`"A":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}`), "only JSONata"},
		{"unknown type", states(`"A":{"Type":"Loop","End":true}`), "state A, Type: must be Pass"},
		{"unknown field", pass(`"Outptu":1`), "state A, Outptu: is no field"},
		{"field of another type", pass(`"Seconds":1`), "Seconds: is no field"},
		{"JSONPath field", pass(`"ResultPath":"$.x"`), "ResultPath: belongs to JSONPath"},
		{"JSONPath parameters", task(`"Parameters":{}`), "Parameters: belongs to JSONPath"},
		{"neither Next nor End", states(`"A":{"Type":"Pass"}`), "must have either Next or End"},
		{"Next and End", pass(`"Next":"A"`), "must have either Next or End"},
		{"unknown Next", states(`"A":{"Type":"Pass","Next":"B"}`), `state A: there is no state "B" to go to`},
		{"unreachable", states(`"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}`), "state B: no transition leads here"},
		{"name twice", states(`"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}]}`), "the name is taken"},
		{"into another branch", states(`"A":{"Type":"Parallel","Next":"C","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Next":"C"}}}]},"C":{"Type":"Succeed"}`), `state B: there is no state "C"`},
		{"long name", states(`"` + strings.Repeat("x", 81) + `":{"Type":"Succeed"}`), "1 to 80 characters"},
		{"bad resource", states(`"A":{"Type":"Task","Resource":"lambda","End":true}`), "is not an ARN"},
		{"activity", states(`"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:x","End":true}`), "activities are not supported"},
		{"zero timeout", task(`"TimeoutSeconds":0`), "TimeoutSeconds: must be a number from 1"},
		{"timeout as text", task(`"TimeoutSeconds":"5"`), "TimeoutSeconds: must be an expression"},
		{"slow heartbeat", task(`"TimeoutSeconds":5,"HeartbeatSeconds":5`), "smaller than TimeoutSeconds"},
		{"States.ALL with others", caught(`{"ErrorEquals":["States.ALL","A"],"Next":"A"}`), "States.ALL must stand alone"},
		{"States.ALL before others", caught(`{"ErrorEquals":["States.ALL"],"Next":"A"},{"ErrorEquals":["A"],"Next":"A"}`), "Catch[0]/ErrorEquals: States.ALL must stand alone, in the last"},
		{"States.ALL before other retriers", task(`"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]}]`), "Retry[0]/ErrorEquals"},
		{"unknown error of the service", caught(`{"ErrorEquals":["States.Timout"],"Next":"A"}`), `no error "States.Timout"`},
		{"catcher without Next", caught(`{"ErrorEquals":["A"]}`), "Catch[0]/Next: is missing"},
		{"no errors", caught(`{"ErrorEquals":[],"Next":"A"}`), "at least one name"},
		{"low rate", task(`"Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}]`), "BackoffRate: must be a number from 1"},
		{"unknown jitter", task(`"Retry":[{"ErrorEquals":["A"],"JitterStrategy":"SOME"}]`), "FULL or NONE"},
		{"result in Arguments", task(`"Arguments":"{% $states.result %}"`), "$states.result is not to be had here"},
		{"result in a catcher", caught(`{"ErrorEquals":["A"],"Next":"A","Output":"{% $states.result %}"}`), "$states.result is not to be had here"},
		{"errorOutput outside Catch", task(`"Output":"{% $states.errorOutput %}"`), "$states.errorOutput is not to be had here"},
		{"result in a Pass", pass(`"Output":{"a":["{% $states.result %}"]}`), "Output/a[0]: $states.result"},
		{"unknown field of $states", pass(`"Output":"{% $states.inptu %}"`), "$states.inptu is not"},
		{"forgotten $", pass(`"Output":"{% states.input %}"`), `"states" stands alone`},
		{"bare $", pass(`"Output":"{% $ %}"`), `"$" stands alone`},
		{"open expression", pass(`"Output":"{% 1"`), "does not end with %}"},
		{"syntax of JSONata", pass(`"Output":"{% 1 + %}"`), "state A, Output: JSONata expression"},
		{"JSONata 2.1", pass(`"Output":"{% $x ?? 1 %}"`), "2.0.6"},
		{"variable named states", pass(`"Assign":{"states":1}`), "Assign/states"},
		{"variable with a dot", pass(`"Assign":{"a.b":1}`), "Assign/a.b"},
		{"choice without rules", states(`"A":{"Type":"Choice","Choices":[]}`), "at least one rule"},
		{"rule without Condition", states(`"A":{"Type":"Choice","Choices":[{"Next":"B"}]},"B":{"Type":"Succeed"}`), "Choices[0]/Condition: is missing"},
		{"JSONPath rule", states(`"A":{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"B"}]},"B":{"Type":"Succeed"}`), "Choices[0]/Variable: belongs to JSONPath"},
		{"condition as text", states(`"A":{"Type":"Choice","Choices":[{"Condition":"yes","Next":"B"}]},"B":{"Type":"Succeed"}`), "Condition: must be an expression"},
		{"wait for nothing", states(`"A":{"Type":"Wait","End":true}`), "either Seconds or Timestamp"},
		{"wait for both", states(`"A":{"Type":"Wait","Seconds":1,"Timestamp":"2026-01-01T00:00:00Z","End":true}`), "either Seconds or Timestamp"},
		{"bad timestamp", states(`"A":{"Type":"Wait","Timestamp":"tomorrow","End":true}`), "is not an RFC 3339 time"},
		{"map without processor", states(`"A":{"Type":"Map","End":true}`), "ItemProcessor: is missing"},
		{"items as text", states(`"A":{"Type":"Map","Items":"x","End":true,"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}}`), "Items: must be an expression"},
		{"item reader", states(`"A":{"Type":"Map","ItemReader":{},"End":true,"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}}`), "ItemReader: is no field"},
		{"express children", states(`"A":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"B","States":{"B":{"Type":"Succeed"}}}}`), "express workflows are not supported"},
		{"problem inside a branch", states(`"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass"}}}]}`), "state B: must have either"},
		{"Fail goes nowhere", states(`"A":{"Type":"Fail","Next":"A"}`), "Next: is no field"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := asl.Parse("m", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestParseNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := asl.Parse("m", []byte(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% ) %}"},"B":{"Type":"Pass","Next":"Z"}}}`))
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("got %v, want four problems", err)
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	m := machine(t, `"A":{`+lambda+`,"Arguments":{"x":"{% $states.input %}","y":["{%1%}","plain"]},"Output":"{% $states.result %}","Next":"B?"},
		"B?":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"M"}],"Default":"M"},
		"M":{"Type":"Map","Items":"{% [1] %}","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":"{% 2 %}","End":true}}},"End":true}`)
	var got []string
	for _, e := range m.Expressions() {
		got = append(got, e.State+" "+e.Path+" "+e.Text)
	}
	want := []string{"A Arguments/x $states.input", "A Arguments/y[0] 1", "A Output $states.result", "B? Choices[0]/Condition true", "I Seconds 2", "M Items [1]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("expressions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A", "B?", "M", "I"}, m.States()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	branch := func(inner, transition string) string {
		return `"A":{"Type":"Pass","Assign":{"x":1},"Next":"P"},
			"P":{"Type":"Parallel","Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass",` + inner + `,"End":true}}}],"Assign":{"own":1},` + transition
	}
	const end = `"End":true}`
	tests := []struct {
		name, states string
		want         []string
	}{
		{"nothing", branch(`"Output":"{% $x %}","Assign":{"y":"{% $x %}","own":2}`, end), nil},
		{"never assigned", branch(`"Output":"{% $z %}"`, end), []string{"state I Output reads $z, which nothing assigns"}},
		{"unknown function", branch(`"Output":"{% $nosuch(1) %}"`, end), []string{"state I Output reads $nosuch, which nothing assigns"}},
		{"hides an outer variable", branch(`"Assign":{"x":2}`, end), []string{"state I assigns x, which hides the variable of the same name outside"}},
		{"inner variable outside", branch(`"Assign":{"y":1}`, `"Next":"Z"},"Z":{"Type":"Pass","Output":"{% $y %}",`+end),
			[]string{"state Z Output reads $y, which nothing assigns"}},
		{"no time limit", `"T":{` + lambda + `,"End":true}`, []string{"state T has no TimeoutSeconds, so it may wait for ever"}},
		{"outer variable in a distributed Map", `"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},"M":{"Type":"Map","Items":[1],
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $x %}","End":true}}},"End":true}`,
			[]string{"state I Output reads $x, which nothing assigns"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range machine(t, test.states).Validate() {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSubstitute(t *testing.T) {
	t.Parallel()
	text := []byte(`{"a":"${Name}","b":"arn:${Account-Id}:${Name}","c":"{% $x %}","d":"$Name"}`)
	if diff := cmp.Diff([]string{"Account-Id", "Name"}, asl.Placeholders(text)); diff != "" {
		t.Errorf("placeholders (-want +got):\n%s", diff)
	}
	got, err := asl.Substitute(text, map[string]string{"Name": `a"b\`, "Account-Id": "1", "Other": "unused"})
	if want := `{"a":"a\"b\\","b":"arn:1:a\"b\\","c":"{% $x %}","d":"$Name"}`; err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if _, err := asl.Substitute(text, nil); err == nil || err.Error() != "no value for ${Account-Id}, ${Name}" {
		t.Errorf("got %v, want both names", err)
	}
}
