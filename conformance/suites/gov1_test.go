//go:build conformance && linux

package suites

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// offline are gocheck's suites that ask no server.
var offline = []string{"OssConnSuite", "OssErrorSuite", "OssMimeSuite", "OssOptionSuite", "OssTypeSuite", "OssUtilsSuite"}

// TestGoV1 runs the tests of the Go SDK v1, package oss, which are gocheck's: methods
// of suites. Most sign with V1; those for other versions say so themselves.
func TestGoV1(t *testing.T) {
	suite{name: "go-v1", versions: []string{"v1"}, jobs: goV1Jobs}.test(t)
}

func goV1Jobs(t *testing.T, w world) (jobs []job) {
	program := filepath.Join(w.suites, "go-v1.test")
	list := exec.CommandContext(t.Context(), program, "-check.list")
	list.Dir = t.TempDir() // its log is written there, even now
	output, err := list.Output()
	if err != nil {
		t.Fatalf("list the tests: %v\n%s", err, output)
	}
	names := strings.Fields(strings.TrimSuffix(strings.TrimSpace(string(output)), "PASS"))
	slices.Sort(names)
	for _, name := range names {
		run := func(t *testing.T, w world, _ string, _ []string) map[string]result {
			// Its images lie beside the package.
			dir := filepath.Join(w.copyOf(t, "go-v1"), "oss")
			stdout, err := w.run(t, testTime, dir, nil,
				program, "-check.vv", "-check.f=^"+regexp.QuoteMeta(name)+"$", "-test.timeout="+testTime.String())
			r := result{Failed, tail(stdout)}
			switch {
			case err != nil:
				r.said += "\n" + err.Error()
			case gocheckSays(stdout, "PASS", name):
				r = result{outcome: Passed}
			case gocheckSays(stdout, "SKIP", name):
				r.outcome = Skipped
			}
			return map[string]result{name: r}
		}
		of, _, _ := strings.Cut(name, ".")
		jobs = append(jobs, job{name: name, tests: []string{name}, run: run, short: !slices.Contains(offline, of)})
	}
	return jobs
}

// gocheckSays finds a line such as "PASS: file.go:12: Suite.TestName".
func gocheckSays(output, word, test string) bool {
	return regexp.MustCompile(`(?m)^` + word + `: \S+ ` + regexp.QuoteMeta(test) + `\b`).MatchString(output)
}
