//go:build linux

package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test program plays all parts: realnames itself, a stand-in for ossd (named
// "serve" by its first argument, as ossd is) and a client.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "serve":
		standIn(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "client":
		os.Exit(client(os.Args[2]))
	case os.Getenv("REALNAMES_TEST_MAIN") != "":
		main()
	}
	os.Exit(m.Run())
}

// standIn serves the Host header on the ports of the public service, with the
// certificate of httptest, which is for example.com. At its end it leaves the file
// "drained" in its directory.
func standIn(args []string) {
	var data string
	for i, arg := range args {
		switch arg {
		case "--data":
			data = args[i+1]
		case "--never-ready":
			fmt.Fprintln(os.Stderr, "stand-in: giving up")
			os.Exit(4)
		}
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	listen := func(address string) *httptest.Server {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			panic(err)
		}
		return &httptest.Server{Listener: listener, Config: &http.Server{Handler: echo}}
	}
	listen("127.0.0.1:80").Start()
	tls := listen("127.0.0.1:443")
	tls.StartTLS()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw})
	os.MkdirAll(filepath.Join(data, "tls"), 0o700)
	os.WriteFile(filepath.Join(data, "tls", "ca.pem"), authority, 0o600)
	fmt.Println("a secret that must not be in the client's output")
	fmt.Println("ossd: ready on 127.0.0.1:80")
	<-stopped
	os.WriteFile(filepath.Join(data, "drained"), nil, 0o600)
	os.Exit(0)
}

func client(what string) int {
	if what == "wait" {
		fmt.Println("waiting")
		time.Sleep(time.Minute)
		return 0
	}
	for _, url := range []string{"http://photos.oss-cn-hangzhou.aliyuncs.com/", "https://example.com/"} {
		response, err := http.Get(url)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		body, _ := io.ReadAll(response.Body)
		fmt.Printf("%s\n", body)
	}
	if what == "fail" {
		return 3
	}
	return 0
}

// realnames prepares a run of this program as realnames.
func realnames(t *testing.T, args ...string) (cmd *exec.Cmd, data string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data = t.TempDir()
	args = append([]string{"-server", self, "-data", data}, args...)
	for i, arg := range args {
		if arg == "client" {
			args = append(args[:i:i], append([]string{self}, args[i:]...)...)
			break
		}
	}
	cmd = exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "REALNAMES_TEST_MAIN=1")
	return cmd, data
}

// run returns what a run wrote and its status; it skips where namespaces are forbidden.
func run(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if status = cmd.ProcessState.ExitCode(); status == statusForbidden {
		t.Skip(errs.String())
	}
	return out.String(), errs.String(), status
}

func TestPublicNamesLeadToTheServer(t *testing.T) {
	cmd, data := realnames(t, "--", "client", "ask")
	stdout, stderr, status := run(t, cmd)
	if want := "photos.oss-cn-hangzhou.aliyuncs.com\nexample.com\n"; stdout != want || status != 0 {
		t.Errorf("status %d, output %q, want %q\n%s", status, stdout, want, stderr)
	}
	if _, err := os.Stat(filepath.Join(data, "drained")); err != nil {
		t.Error("the server was not stopped by SIGTERM:", err)
	}
}

func TestStatusIsTheClients(t *testing.T) {
	cmd, _ := realnames(t, "--", "client", "fail")
	if _, stderr, status := run(t, cmd); status != 3 {
		t.Errorf("status %d, want 3\n%s", status, stderr)
	}
}

func TestServerThatEndsAtOnce(t *testing.T) {
	cmd, _ := realnames(t, "-server-flag=--never-ready", "--", "client", "ask")
	stdout, stderr, status := run(t, cmd)
	if status != statusFailed || stdout != "" {
		t.Errorf("status %d, output %q; want %d and none", status, stdout, statusFailed)
	}
	for _, want := range []string{"stand-in: giving up", "ossd ended before it was ready: exit status 4"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error %q lacks %q", stderr, want)
		}
	}
}

func TestTerminationReachesClientAndServer(t *testing.T) {
	cmd, data := realnames(t, "--", "client", "wait")
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !waitForLine(stdout, "waiting") {
		if cmd.Wait(); cmd.ProcessState.ExitCode() == statusForbidden {
			t.Skip(errForbidden)
		}
		t.Fatalf("the client did not start: %s", cmd.ProcessState)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if got, want := cmd.ProcessState.ExitCode(), 128+int(syscall.SIGTERM); got != want {
		t.Errorf("status %d, want %d", got, want)
	}
	if _, err := os.Stat(filepath.Join(data, "drained")); err != nil {
		t.Error("the server was not stopped by SIGTERM:", err)
	}
}
