package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
)

// migration is a directory with its server, and where it is moved.
type migration struct {
	*testing.T
	data    string
	args    []string // of ossd migrate
	where   []string // the same, of ossd serve
	env     []string
	server  *program
	client  *http.Client
	written map[string][]byte
}

func startMigration(t *testing.T) *migration {
	t.Helper()
	store := s3test.For(t)
	rows := postgrestest.Own(t, postgrestest.Config{NoSync: true})
	blobs := "s3://moving/store?create=true&endpoint=" + store.Endpoint
	m := &migration{
		T: t, data: filepath.Join(t.TempDir(), "data"), written: map[string][]byte{}, client: &http.Client{Timeout: 30 * time.Second},
		env: []string{
			"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret,
			"OSSD_S3_ACCESS_KEY_ID=" + store.AccessKey, "OSSD_S3_SECRET_ACCESS_KEY=" + store.SecretKey,
		},
	}
	m.args = []string{"migrate", "--from", m.data, "--to-metadata", rows.URL(), "--to-blobs", blobs}
	m.where = []string{"--metadata", rows.URL(), "--blobs", blobs, "--master-key-file", filepath.Join(m.data, "master.key")}
	// The server has no credentials of its own for where it will be asked to copy to.
	m.start(m.env[:3], "--data", m.data)
	m.put("/crash", nil)
	return m
}

func (m *migration) start(env []string, flags ...string) {
	m.Helper()
	p, err := startProgram(append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...), env)
	if err != nil {
		m.Fatal(err)
	}
	m.server = p
	m.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
}

func (m *migration) put(path string, content []byte) {
	m.Helper()
	if err := crashPut(m.client, m.server.address, path, content); err != nil {
		m.Fatal(err)
	}
	if content != nil {
		m.written[path] = content
	}
}

func (m *migration) some(name string, n, size int) {
	m.Helper()
	for i := range n {
		m.put(fmt.Sprintf("/crash/%s-%d", name, i), bytes.Repeat([]byte{byte(i)}, size))
	}
}

// end ends the server.
func (m *migration) end(how syscall.Signal) {
	m.Helper()
	if err := m.server.cmd.Process.Signal(how); err != nil {
		m.Fatal(err)
	}
	m.server.cmd.Wait()
}

func (m *migration) command(flags ...string) *exec.Cmd {
	cmd := ossd(append(m.args, flags...)...)
	cmd.Env = append(cmd.Env, m.env...)
	return cmd
}

// run runs the command and returns what it says, also on standard error.
func (m *migration) run(flags ...string) (string, error) {
	out, err := m.command(flags...).CombinedOutput()
	return string(out), err
}

// wantSaid runs the command and wants it to succeed, and to say so.
func (m *migration) wantSaid(what string, flags ...string) {
	m.Helper()
	if out, err := m.run(flags...); err != nil || !strings.Contains(out, what) {
		m.Fatalf("%v, wanted %q in\n%s", err, what, out)
	}
}

// refused wants a server not to start, and to say why.
func (m *migration) refused(why string, flags ...string) {
	m.Helper()
	p, err := startProgram(append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...), m.env)
	if err == nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		m.Fatalf("a server starts, though %s", why)
	}
	if !strings.Contains(err.Error(), why) {
		m.Errorf("a server does not start: %v; wanted %q", err, why)
	}
}

// wantAll reads all that was written from the server that runs.
func (m *migration) wantAll() {
	m.Helper()
	for path, want := range m.written {
		got, status, err := crashGet(m.client, m.server.address, path)
		if err != nil || status != http.StatusOK || !bytes.Equal(got, want) {
			m.Errorf("%s: %d bytes, status %d, %v; want %d", path, len(got), status, err, len(want))
		}
	}
}

// killed starts the command, waits until it copies, and kills it, or its server.
func (m *migration) killed(victim func(cmd *exec.Cmd), flags ...string) {
	m.Helper()
	cmd := m.command(append(flags, "--rate", "2MB/s")...)
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // of at least two seconds that it takes at that rate
	victim(cmd)
	if err := cmd.Wait(); err == nil {
		m.Fatal("the command had ended before anything was killed")
	}
}

// A store arrives whole though the command and the server are killed on the way; at
// each moment at most one of the two places can be served.
func TestSIGKILLMigrate(t *testing.T) {
	m := startMigration(t)
	m.some("small", 50, 1000)
	m.some("large", 5, 2<<20)

	m.killed(func(cmd *exec.Cmd) { cmd.Process.Kill() })
	m.some("between", 10, 1000)
	m.killed(func(*exec.Cmd) { m.end(syscall.SIGKILL) })
	m.refused("a migration into this store has not ended", append(m.where, "--data", t.TempDir())...)
	m.start(m.env[:3], "--data", m.data)
	m.wantAll()
	m.wantSaid("Stop the server now")
	m.wantSaid("copied: 0 contents", "--verify", "full")
	m.some("late", 5, 2<<20)
	m.end(syscall.SIGTERM)

	m.killed(func(cmd *exec.Cmd) { cmd.Process.Kill() })
	m.refused("a migration into this store has not ended", append(m.where, "--data", t.TempDir())...)
	m.start(m.env[:3], "--data", m.data) // its owner may think better of it
	m.wantAll()
	m.end(syscall.SIGTERM)
	m.wantSaid("has moved, and is no longer served", "--verify", "full")
	m.refused("this store has moved", "--data", m.data)
	m.wantSaid("moved there at")

	m.start(m.env, append(m.where, "--data", t.TempDir())...)
	m.wantAll()
	m.some("after", 3, 1000)
	m.wantAll()
	// What the nodes use now is nobody's destination.
	if out, err := m.runFrom(t.TempDir()); err == nil || !strings.Contains(out, "the destination is in use") {
		t.Errorf("another store moves into one in use: %v\n%s", err, out)
	}
}

// runFrom moves another store, a new one, there.
func (m *migration) runFrom(data string) (string, error) {
	m.Helper()
	other, err := startProgram([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, nil)
	if err != nil {
		m.Fatal(err)
	}
	defer func() { other.cmd.Process.Kill(); other.cmd.Wait() }()
	cmd := ossd(append(m.args, "--from", data)...)
	cmd.Env = append(cmd.Env, m.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
