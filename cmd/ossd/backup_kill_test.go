package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A backup that is killed in the middle leaves the one before it, and a server
// that goes on as if nobody had asked it for one.
func TestSIGKILLBackup(t *testing.T) {
	dir := t.TempDir()
	data, to := filepath.Join(dir, "data"), filepath.Join(dir, "backup")
	p, err := startProgram([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"},
		[]string{"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { p.cmd.Process.Signal(syscall.SIGTERM); p.cmd.Wait() }()
	client := &http.Client{Timeout: 10 * time.Second}
	put := func(path string, size int) {
		t.Helper()
		if err := crashPut(client, p.address, path, bytes.Repeat([]byte("x"), size)); err != nil {
			t.Fatal(err)
		}
	}
	put("/crash", 0)
	put("/crash/first", 100)
	run(t, "backup", "--data", data, "--to", to)
	for i := range 4 {
		put(fmt.Sprint("/crash/later-", i), 1<<20)
	}

	killed := ossd("backup", "--data", data, "--to", to, "--rate", "1MB/s")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	// It is in the middle when a large file has been begun.
	for begun := []string(nil); len(begun) == 0; time.Sleep(time.Millisecond) {
		begun, _ = filepath.Glob(filepath.Join(to, "files", "blob", "??", "*"))
	}
	killed.Process.Kill()
	if err := killed.Wait(); err == nil {
		t.Fatal("the backup had ended before it was killed")
	}

	for _, restored := range []string{"restored", "again"} {
		restored = filepath.Join(dir, restored)
		run(t, "restore", "--from", to, "--data", restored)
		out := run(t, "check", "--data", restored)
		want := "1 buckets: 1 objects,"
		if filepath.Base(restored) == "again" {
			want = "1 buckets: 5 objects,"
		}
		if !bytes.HasPrefix(out, []byte(want)) {
			t.Errorf("restored are %s, want %s", out, want)
		}
		run(t, "backup", "--data", data, "--to", to) // clears up what the killed one has left
	}
	if left, err := filepath.Glob(filepath.Join(to, "files", "blob", "??", "*")); err != nil || len(left) != 4 {
		t.Errorf("copies of large files: %q, %v; want 4", left, err)
	}
	if _, err := os.Stat(filepath.Join(data, "checkpoint")); err == nil {
		t.Error("a checkpoint is left")
	}
}

// ossd is the program, to be run.
func ossd(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func run(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := ossd(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ossd %q: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return out
}
