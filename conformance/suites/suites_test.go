//go:build conformance && linux

package suites

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// suite is what one SDK brings along.
type suite struct {
	name     string   // of its expectations, testdata/NAME.txt
	versions []string // of signatures; the first one suffices with -short
	// jobs lists the processes that run the suite with one version.
	jobs func(*testing.T, world) []job
}

// job is a process of a suite and the tests that it runs.
type job struct {
	name  string // of its subtest
	tests []string
	// run runs the tests but those omitted, and says how each ended.
	run func(t *testing.T, w world, version string, omit []string) map[string]result
	// short tells whether -short wants it.
	short bool
}

// result is how a test ended and, unless it passed, what it said.
type result struct {
	outcome Outcome
	said    string
}

func (s suite) test(t *testing.T) {
	w := newWorld(t)
	expectations, err := ReadExpectations(filepath.Join("testdata", s.name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	jobs := s.jobs(t, w)
	checkNames(t, expectations, jobs)
	versions := s.versions
	if testing.Short() {
		versions = versions[:1]
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			tally := &tally{counts: map[Verdict]int{}}
			// It runs after the parallel subtests.
			t.Cleanup(func() { t.Log(tally) })
			for _, j := range jobs {
				if testing.Short() && !j.short {
					continue
				}
				t.Run(j.name, func(t *testing.T) {
					t.Parallel()
					j.test(t, w, version, expectations, tally)
				})
			}
		})
	}
}

// checkNames finds expectations of tests that the suite does not have.
func checkNames(t *testing.T, expectations map[string]Expectation, jobs []job) {
	names := map[string]bool{}
	for _, j := range jobs {
		for _, name := range j.tests {
			names[name] = true
		}
	}
	for name := range expectations {
		if !names[name] {
			t.Errorf("the suite has no test %s", name)
		}
	}
}

func (j job) test(t *testing.T, w world, version string, expectations map[string]Expectation, tally *tally) {
	var omit []string
	if testing.Short() {
		omit = slices.DeleteFunc(slices.Clone(j.tests), func(name string) bool { _, listed := expectations[name]; return !listed })
	}
	log := w.logFile(t)
	var results map[string]result
	if len(omit) < len(j.tests) {
		results = j.run(t, w, version, omit)
	}
	report := func(t *testing.T, name string) {
		var expectation *Expectation
		if e, listed := expectations[name]; listed {
			expectation = &e
		}
		if slices.Contains(omit, name) {
			t.Skipf("not run with -short, since it may fail: %s: %s", expectation.Category, expectation.Reason)
		}
		r, ended := results[name]
		if !ended {
			r = result{Failed, "it did not end"}
		}
		verdict := Judge(r.outcome, expectation)
		tally.count(verdict)
		verdict.report(t, r, expectation, log)
	}
	if len(j.tests) == 1 {
		report(t, j.tests[0])
		return
	}
	for _, name := range j.tests {
		t.Run(strings.TrimPrefix(name, j.name+"."), func(t *testing.T) { report(t, name) })
	}
}

func (v Verdict) report(t *testing.T, r result, e *Expectation, log string) {
	switch v {
	case Expected:
		t.Skipf("failed as expected: %s: %s", e.Category, e.Reason)
	case Omitted:
		t.Skipf("the suite skips it: %s", r.said)
	case Unexpected:
		t.Errorf("failed:\n%s\nlog: %s", r.said, log)
	case Stale:
		t.Errorf("%s, though testdata lists it as %s: %s", r.outcome, e.Category, e.Reason)
	}
}

// tally counts verdicts.
type tally struct {
	mu     sync.Mutex
	counts map[Verdict]int
}

func (c *tally) count(v Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[v]++
}

func (c *tally) String() string {
	var parts []string
	for _, v := range []Verdict{OK, Expected, Unexpected, Stale, Omitted} {
		parts = append(parts, fmt.Sprintf("%s: %d", v, c.counts[v]))
	}
	return strings.Join(parts, ", ")
}
