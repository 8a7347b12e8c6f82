//go:build conformance

package conformance

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ossd/conformance/kit"
)

const (
	readyLine = "ossd: ready"
	patience  = 2 * time.Minute
)

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

// startServer runs the built program, or a cluster of it, with a bootstrap file and returns its address and
// the file of its certificate authority. At the end of the test it must stop cleanly.
func startServer(t *testing.T, bootstrap string, flags ...string) (address, authority string) {
	t.Helper()
	address = freeAddress(t)
	data := t.TempDir()
	cmd := exec.Command(kit.Server(t),
		append([]string{"serve", "--data", data, "--listen", address,
			"--domain", domain, "--region", region, "--bootstrap", bootstrap}, flags...)...)
	cmd.Env = kit.WithoutSettings(os.Environ())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), readyLine) {
				close(ready)
				break
			}
		}
		io.Copy(io.Discard, stdout)
		done <- cmd.Wait()
	}()
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("ossd ended before it was ready: %v\n%s", err, stderr.String())
	case <-time.After(patience):
		cmd.Process.Kill()
		<-done
		t.Fatalf("no line %q within %s\n%s", readyLine, patience, stderr.String())
	}
	t.Cleanup(func() { stopServer(t, cmd, done, &stderr) })
	return address, filepath.Join(data, "tls", "ca.pem")
}

func stopServer(t *testing.T, cmd *exec.Cmd, done <-chan error, stderr *bytes.Buffer) {
	cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended, which done tells
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("ossd after SIGTERM: %v", err)
		}
	case <-time.After(patience):
		cmd.Process.Kill()
		<-done
		t.Errorf("ossd did not end within %s after SIGTERM", patience)
	}
	if t.Failed() {
		t.Logf("ossd wrote:\n%s", stderr)
	}
}

// freeAddress returns a loopback address that was free a moment ago. Somebody may take
// it before ossd does; then ossd says so and the test fails, which is rare enough.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
