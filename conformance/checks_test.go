//go:build conformance

package conformance

import (
	"strings"
	"testing"
)

// TestPythonChecks runs python/checks.py, once for each signature version and protocol,
// and once for STS and RAM, with a subtest for every line it prints.
func TestPythonChecks(t *testing.T) {
	tg := newTarget(t)
	for _, version := range []string{"v1", "v2", "v4"} {
		t.Run(version, func(t *testing.T) { testChecks(t, tg, version) })
	}
	t.Run("rpc", func(t *testing.T) { testChecks(t, tg, "rpc") })
	if !tg.public() {
		for _, at := range tg.places(t)[1:] {
			local := tg
			local.ossEndpoint = at.endpoint
			t.Run("v4 "+at.name, func(t *testing.T) { testChecks(t, local, "v4") })
		}
	}
	if !tg.public() {
		return // by its address TLS has no name to show a certificate for
	}
	tg.ossEndpoint = "https://" + domain
	t.Run("v4 over TLS", func(t *testing.T) { testChecks(t, tg, "v4") })
}

func testChecks(t *testing.T, tg target, version string) {
	stdout, stderr, err := tg.tryPython(t, tg.people.owner, "python/checks.py", version)
	report(t, "checks.py", stdout, stderr, err)
}

// report makes a subtest of every line that a program of checks printed: "ok NAME" or
// "FAIL NAME: REASON". err is how the program ended.
func report(t *testing.T, program, stdout, stderr string, err error) {
	t.Helper()
	failed := false
	for line := range strings.Lines(stdout) {
		verdict, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, reason, _ := strings.Cut(rest, ":")
		t.Run(name, func(t *testing.T) {
			if verdict != "ok" {
				t.Error(strings.TrimSpace(reason))
			}
		})
		failed = failed || verdict != "ok"
	}
	if failed || err != nil || stdout == "" {
		t.Errorf("%s: %v\n%s", program, err, stderr)
	}
}
