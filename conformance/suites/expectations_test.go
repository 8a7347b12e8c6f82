package suites

import (
	"path/filepath"
	"strings"
	"testing"
)

// The checked-in files can be read, whatever suites this machine can run.
func TestExpectationFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		if _, err := ReadExpectations(file); err != nil {
			t.Error(err)
		}
	}
}

func TestParseExpectations(t *testing.T) {
	got, err := parseExpectations("# heading\n\nTestA  never  no  metal\nTestB later,flaky PutBucketX\n")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Expectation{
		"TestA": {Category: Never, Reason: "no  metal"},
		"TestB": {Category: Later, Flaky: true, Reason: "PutBucketX"},
	}
	if len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for name, e := range want {
		if got[name] != e {
			t.Errorf("%s: %+v, want %+v", name, got[name], e)
		}
	}
}

func TestParseExpectationsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"TestA":                        "category",
		"TestA sometimes reason":       "category",
		"TestA flaky reason":           "category",
		"TestA never":                  "no reason",
		"TestA never x\nTestA never y": "only once",
		"TestB never x\nTestA never y": "line 2",
	} {
		if _, err := parseExpectations(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error about %q", text, err, want)
		}
	}
}

func TestJudge(t *testing.T) {
	steady, flaky := &Expectation{Category: Later}, &Expectation{Category: Never, Flaky: true}
	for _, c := range []struct {
		outcome Outcome
		e       *Expectation
		want    Verdict
	}{
		{Passed, nil, OK},
		{Failed, nil, Unexpected},
		{Skipped, nil, Omitted},
		{Passed, steady, Stale},
		{Failed, steady, Expected},
		{Skipped, steady, Stale},
		{Passed, flaky, OK},
		{Failed, flaky, Expected},
		{Skipped, flaky, Stale},
	} {
		if got := Judge(c.outcome, c.e); got != c.want {
			t.Errorf("%s with %+v: %s, want %s", c.outcome, c.e, got, c.want)
		}
	}
}
