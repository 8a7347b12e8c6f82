package onewrite_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/internal/onewrite"
)

// serve answers with h on a listener whose accepted connections are joined.
func serve(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	go srv.Serve(onewrite.Listener(l))
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

// A response of any size arrives whole, over one connection, with and without a
// request body, from memory and from a file.
func TestResponsesArrive(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	file := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(file, large, 0o600); err != nil {
		t.Fatal(err)
	}
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		var n int
		fmt.Sscan(r.URL.Query().Get("n"), &n)
		w.Header().Set("Content-Length", fmt.Sprint(n))
		w.Header().Set("X-Received", fmt.Sprint(len(sent)))
		if r.URL.Path == "/file" {
			f, err := os.Open(file)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			io.CopyN(w, f, int64(n))
			return
		}
		w.Write(large[:n])
	}))
	client := &http.Client{Timeout: 10 * time.Second}
	for _, path := range []string{"/memory", "/file"} {
		for _, n := range []int{0, 1, 100, 3500, 4096, 4097, 8192, 10_000, 100_000, len(large)} {
			for _, body := range []string{"", strings.Repeat("x", 20_000)} {
				r, err := http.NewRequest("POST", fmt.Sprintf("http://%s%s?n=%d", address, path, n), strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Expect", "100-continue")
				resp, err := client.Do(r)
				if err != nil {
					t.Fatalf("%s %d: %v", path, n, err)
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || !bytes.Equal(got, large[:n]) || resp.Header.Get("X-Received") != fmt.Sprint(len(body)) {
					t.Errorf("%s: %d bytes asked, %d came, %v", path, n, len(got), err)
				}
			}
		}
	}
}

// Requests sent at once are all answered, though the server never waits between them.
func TestPipelining(t *testing.T) {
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	var all strings.Builder
	for i := range 50 {
		fmt.Fprintf(&all, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
	}
	io.WriteString(c, all.String())
	in := bufio.NewReader(c)
	for i := range 50 {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != fmt.Sprintf("/%d", i) {
			t.Fatalf("answer %d is %q", i, body)
		}
	}
}

// An answer that is followed by the end of the connection is not lost, nor one
// to a client that has closed its own direction.
func TestLastAnswer(t *testing.T) {
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "last") }))
	for _, request := range []string{"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "nonsense\r\n\r\n"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, request)
		c.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(c)
		c.Close()
		if err != nil || !strings.Contains(string(answer), "last") && !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
			t.Errorf("%q: %q, %v", request, answer, err)
		}
	}
}
