//go:build conformance && linux

package conformance

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ossd/conformance/kit"
)

// forbiddenStatus is how realnames says that the machine forbids namespaces.
const forbiddenStatus = 77

// TestPublicNames runs the other tests again where the public names lead to the
// server: endpoints untouched, over whatever protocol each SDK chooses.
func TestPublicNames(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bootstrap, err := filepath.Abs(bootstrapFile)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), buildRealnames(t),
		"-server", kit.Server(t),
		"-server-flag=--bootstrap", "-server-flag="+bootstrap,
		"--", self, "-test.v", "-test.run=^(TestExamples|TestExampleIsRefused|TestSignedURL|TestPythonChecks|TestGoSDKs|TestJavaScriptSDKs|TestJavaSDK)$")
	cmd.Env = append(kit.WithoutSettings(os.Environ()), publicNamesVariable+"=1")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == forbiddenStatus {
		t.Skip(strings.TrimSpace(output.String()))
	}
	if err != nil {
		t.Errorf("%v\n%s", err, &output)
	}
	if !strings.Contains(output.String(), "--- PASS: TestExamples") {
		t.Errorf("no test ran under the public names:\n%s", &output)
	}
}

func buildRealnames(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "realnames")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./realnames").CombinedOutput(); err != nil {
		t.Fatalf("build realnames: %v\n%s", err, output)
	}
	return program
}
