//go:build conformance && linux

package suites

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/conformance/kit"
)

// notShort are files that take longer than what they show of a server is worth to CI:
// thousands of uploads, bodies slowed down, and code of the client.
var notShort = []string{
	"test_credentials_provider", "test_crypto", "test_mock_bucket", "test_mock_multipart", "test_mock_object",
	"test_put_object_chunked", "test_traffic_limit", "test_utils",
}

// TestOss2 runs the tests of oss2, the Python SDK v1. One process runs the tests of one
// file, since Python takes longer to start than most tests do.
func TestOss2(t *testing.T) {
	suite{name: "oss2", versions: []string{"v4", "v1", "v2"}, jobs: oss2Jobs}.test(t)
}

func oss2Jobs(t *testing.T, w world) (jobs []job) {
	files := map[string][]string{}
	for _, id := range collect(t, w) {
		test := pytestName(id)
		file, _, _ := strings.Cut(test, ".")
		files[file] = append(files[file], test)
	}
	for file, tests := range files {
		run := func(t *testing.T, w world, version string, omit []string) map[string]result {
			return runPytest(t, w, tests, version, omit)
		}
		jobs = append(jobs, job{name: file, tests: tests, run: run, short: !slices.Contains(notShort, file)})
	}
	slices.SortFunc(jobs, func(a, b job) int { return strings.Compare(a.name, b.name) })
	return jobs
}

// collect lists the ids that pytest gives to the suite's tests.
func collect(t *testing.T, w world) (ids []string) {
	cmd := exec.CommandContext(t.Context(), interpreter(t), pytest("--collect-only", "tests")...)
	cmd.Dir = filepath.Join(w.suites, "oss2")
	cmd.Env = append(w.environment(), pythonSettings(t)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("list the tests: %v\n%s", err, output)
	}
	for line := range strings.Lines(string(output)) {
		if strings.Contains(line, "::") {
			ids = append(ids, strings.TrimSpace(line))
		}
	}
	return ids
}

func runPytest(t *testing.T, w world, tests []string, version string, omit []string) map[string]result {
	dir := w.copyOf(t, "oss2")
	report := filepath.Join(t.TempDir(), "report.xml")
	args := pytest("--junit-xml="+report, fmt.Sprintf("--timeout=%.0f", testTime.Seconds()))
	// By name: what is told to deselect takes along whatever begins with the same name.
	tests = slices.DeleteFunc(slices.Clone(tests), func(test string) bool { return slices.Contains(omit, test) })
	for _, test := range tests {
		args = append(args, pytestID(test))
	}
	env := append(pythonSettings(t), "OSS_TEST_AUTH_VERSION="+version)
	limit := time.Duration(len(tests)) * testTime
	stdout, err := w.run(t, limit, dir, env, append([]string{interpreter(t)}, args...)...)
	content, readErr := os.ReadFile(report)
	if readErr != nil {
		t.Errorf("no report: %v: %v\n%s", err, readErr, tail(stdout))
		return nil
	}
	return readReport(t, content)
}

// readReport reads the outcomes from pytest's report in JUnit's format.
func readReport(t *testing.T, content []byte) map[string]result {
	type detail struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	var document struct {
		Cases []struct {
			Class    string   `xml:"classname,attr"`
			Name     string   `xml:"name,attr"`
			Failures []detail `xml:"failure"`
			Errors   []detail `xml:"error"`
			Skipped  []detail `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(content, &document); err != nil {
		t.Errorf("report: %v", err)
	}
	results := map[string]result{}
	for _, c := range document.Cases {
		r := result{outcome: Passed}
		for _, skipped := range c.Skipped {
			r = result{Skipped, skipped.Message}
		}
		for _, failed := range slices.Concat(c.Failures, c.Errors) {
			r = result{Failed, tail(failed.Text)}
		}
		results[strings.TrimPrefix(c.Class, "tests.")+"."+c.Name] = r
	}
	return results
}

// pytestName turns tests/test_x.py::TestX::test_y into test_x.TestX.test_y, as reports
// have it; pytestID is its inverse.
func pytestName(id string) string {
	return strings.NewReplacer("tests/", "", ".py::", ".", "::", ".").Replace(id)
}

func pytestID(name string) string {
	file, rest, _ := strings.Cut(name, ".")
	return "tests/" + file + ".py::" + strings.ReplaceAll(rest, ".", "::")
}

// pytest returns the interpreter's arguments to run pytest with ours.
func pytest(args ...string) []string {
	return append([]string{"-m", "pytest", "-q", "-p", "suite_plugin", "-p", "no:cacheprovider"}, args...)
}

func interpreter(t *testing.T) string {
	return filepath.Join(kit.FromEnvironment(t, "OSSD_TEST_VENV", "../../build/venv"), "bin", "python")
}

func pythonSettings(t *testing.T) []string {
	plugins, err := filepath.Abs("python")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=" + plugins}
}
