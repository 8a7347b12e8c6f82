package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ossd/protocol/signature"
)

// maxGrowth bounds the memory that a body may cost, whatever its length.
const maxGrowth = 64 << 20

// A large object goes in and comes out while the server's memory stays flat.
// With the build tag soak it has 5 GiB, the most that one request may carry.
func TestLargeBodiesStream(t *testing.T) {
	if testing.Short() {
		t.Skip("moves much")
	}
	env := []string{"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret}
	p, err := startProgram([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, env)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.cmd.Wait()
	}()
	if err := crashPut(http.DefaultClient, p.address, "/large", nil); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20-1) // no divisor of any buffer's size: a misplaced one shows
	for i := range block {
		block[i] = byte(rand.Uint32())
	}
	for _, step := range []struct {
		method string
		body   io.Reader
	}{{"PUT", &pattern{block: block, left: streamed}}, {"GET", nil}} {
		before := p.memory(t, "VmRSS")
		p.resetPeak(t)
		begun := time.Now()
		received := streamLarge(t, p.address, step.method, step.body, block)
		elapsed := time.Since(begun)
		grown := p.memory(t, "VmHWM") - before
		t.Logf("%s of %d MiB: %.1f s, %.0f MB/s, server's memory %d KiB and at most %d KiB more",
			step.method, streamed>>20, elapsed.Seconds(), streamed/1e6/elapsed.Seconds(), before>>10, grown>>10)
		if grown > maxGrowth {
			t.Errorf("%s: the server's memory grew by %d MiB, want at most %d", step.method, grown>>20, maxGrowth>>20)
		}
		if step.method == "GET" && received != streamed {
			t.Errorf("GET: %d bytes came back as they were sent, want %d", received, int64(streamed))
		}
	}
}

// streamLarge sends one request and returns how many bytes of its answer are the pattern.
func streamLarge(t *testing.T, address, method string, body io.Reader, block []byte) int64 {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+address+"/large/object", body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.ContentLength = streamed
	}
	s := &signature.Request{Method: method, Host: address, Path: "/large/object", Header: r.Header}
	if err := signature.SignHeader(signature.V1Header, s, signature.Resource{Bucket: "large", Key: "object"}, crashKey, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(method, resp.Status)
	}
	n, err := io.Copy(&pattern{block: block, left: streamed}, resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pattern repeats a block: it yields it, and holds what is written against it.
type pattern struct {
	block    []byte
	at, left int64
}

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(int64(len(b)), p.left)], p.block[p.at%int64(len(p.block)):])
	p.at += int64(n)
	p.left -= int64(n)
	return n, nil
}

func (p *pattern) Write(b []byte) (n int, err error) {
	for n < len(b) {
		want := p.block[p.at%int64(len(p.block)):]
		want = want[:min(len(want), len(b)-n)]
		if !bytes.Equal(want, b[n:n+len(want)]) {
			return n, fmt.Errorf("the bytes from %d on are not those that were sent", p.at)
		}
		n += len(want)
		p.at += int64(len(want))
	}
	return n, nil
}

// resetPeak makes VmHWM begin anew (proc(5), clear_refs).
func (p *program) resetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0); err != nil {
		t.Skip("the kernel does not tell peaks of memory:", err)
	}
}

// memory reads a figure of /proc/PID/status, in bytes.
func (p *program) memory(t *testing.T, name string) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no %s in %s", name, status)
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}
