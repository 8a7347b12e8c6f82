package suites

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"ossd/conformance/kit"
)

// Category says why a test is not required to pass.
type Category string

const (
	// Never is for tests that no self-hosted server can pass.
	Never Category = "never"
	// Later is for tests of operations that ossd does not serve yet; the reason names them.
	Later Category = "later"
	// Proxied is for tests that pass, but not through a proxy, as which the balancer of a cluster counts.
	Proxied Category = "proxied"
)

// Expectation is a line of a file of expectations:
//
//	NAME CATEGORY[,flaky] REASON
type Expectation struct {
	Category Category
	// Flaky says that the test may also pass, which otherwise shows that its line is stale.
	Flaky  bool
	Reason string
}

// ReadExpectations reads a file of expectations: a line for every test that is not
// required to pass, sorted by name. Lines that begin with # and empty lines are for
// readers. Those of Proxied tests count only where servers are clusters.
func ReadExpectations(file string) (map[string]Expectation, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	expectations, err := parseExpectations(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if !kit.Clustered() {
		maps.DeleteFunc(expectations, func(_ string, e Expectation) bool { return e.Category == Proxied })
	}
	return expectations, nil
}

func parseExpectations(text string) (map[string]Expectation, error) {
	var problems []error
	expectations := map[string]Expectation{}
	number, last := 0, ""
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, e, err := parseLine(line)
		if err == nil && name <= last {
			err = fmt.Errorf("%s must stand before %s, and only once", name, last)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		expectations[name], last = e, name
	}
	return expectations, errors.Join(problems...)
}

func parseLine(line string) (name string, e Expectation, err error) {
	name, rest, _ := strings.Cut(line, " ")
	category, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	category, e.Flaky = strings.CutSuffix(category, ",flaky")
	e.Category, e.Reason = Category(category), strings.TrimSpace(reason)
	if !slices.Contains([]Category{Never, Later, Proxied}, e.Category) {
		return "", Expectation{}, fmt.Errorf("%s: %q is no category", name, category)
	}
	if e.Reason == "" {
		return "", Expectation{}, fmt.Errorf("%s: no reason is given", name)
	}
	return name, e, nil
}

// Outcome is how a test of a suite ended.
type Outcome string

const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // by the suite itself
)

// Verdict is what an outcome means, with the test's expectation.
type Verdict string

const (
	OK         Verdict = "passed"
	Expected   Verdict = "expected failure"
	Unexpected Verdict = "unexpected failure"
	Stale      Verdict = "stale expectation"
	Omitted    Verdict = "skipped"
)

// Judge holds an outcome against an expectation, nil for a test that must pass.
func Judge(outcome Outcome, e *Expectation) Verdict {
	switch {
	case e == nil && outcome == Passed, e != nil && e.Flaky && outcome == Passed:
		return OK
	case e == nil && outcome == Skipped:
		return Omitted
	case e == nil:
		return Unexpected
	case outcome == Failed:
		return Expected
	default:
		return Stale // it passes, or is not even tried
	}
}
