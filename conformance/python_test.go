//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/conformance/kit"
)

// scriptTime bounds one Python program; the longest, checks.py, takes seconds.
const scriptTime = 2 * time.Minute

// python runs a program that must succeed, as a client whose own key is k, and returns
// the text of its standard output.
func (tg target) python(t *testing.T, k kit.Key, script string, args ...string) string {
	t.Helper()
	stdout, stderr, err := tg.tryPython(t, k, script, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(script), err, stdout, stderr)
	}
	return strings.TrimSpace(stdout)
}

// tryPython is python for a program that may fail.
func (tg target) tryPython(t *testing.T, k kit.Key, script string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptTime)
	defer cancel()
	interpreter := filepath.Join(kit.FromEnvironment(t, "OSSD_TEST_VENV", "../build/venv"), "bin", "python")
	cmd := exec.CommandContext(ctx, interpreter, append([]string{script}, args...)...)
	cmd.Env = tg.environment(k)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}
