package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// After each answer the next one must be read from its first byte.
func TestExchange(t *testing.T) {
	const next = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct{ name, answer, fails string }{
		{"length", "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\nEtag: \"x\"\r\n\r\nhello", ""},
		{"no body", "HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n", ""},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n", ""},
		{"refused", "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied", "403 Forbidden: denied"},
		{"refused in chunks", "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "500 Oh"},
		{"cut", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello", "EOF"},
		{"cut head", "HTTP/1.1 200 OK\r\nContent-", "EOF"},
		{"no number", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "many"},
		{"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answers := c.answer
			if c.fails == "" {
				answers += next
			}
			in := bufio.NewReader(strings.NewReader(answers))
			err := exchange(io.Discard, in, &request{head: []byte("GET / HTTP/1.1\r\n\r\n")})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v, want an error with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if rest, _ := io.ReadAll(in); string(rest) != next {
				t.Errorf("%q is left, want the next answer", rest)
			}
		})
	}
}

// target is a server in this process that keeps what it was sent.
type target struct {
	*process
	mu   sync.Mutex
	seen map[string]int // by path and body
}

func newTarget(t *testing.T, status int) *target {
	target := &target{seen: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		target.mu.Lock()
		target.seen[r.URL.Path+" "+string(body)]++
		target.mu.Unlock()
		w.WriteHeader(status)
		w.Write(make([]byte, 3000))
	}))
	t.Cleanup(s.Close)
	target.process = &process{pid: os.Getpid(), address: s.Listener.Addr().String()}
	return target
}

func numbered(n int) (requests []request) {
	for i := range n {
		requests = append(requests, request{fmt.Appendf(nil, "PUT /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", i), []byte("body")})
	}
	return requests
}

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		name     string
		extent   extent
		sent     int // of ten; 0: as many as there is time for
		distinct int
	}{
		{"each once", extent{connections: 3}, 10, 10},
		{"fewer than there are", extent{connections: 4, duration: time.Minute, requests: 7}, 7, 7},
		{"round and round", extent{connections: 1, requests: 25}, 25, 10},
		{"for a time", extent{connections: 2, duration: 50 * time.Millisecond}, 0, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := newTarget(t, http.StatusOK)
			r, err := load(t.Context(), target.process, numbered(10), c.extent)
			if err != nil {
				t.Fatal(err)
			}
			var sent int64
			for _, n := range target.seen {
				sent += int64(n)
			}
			if len(target.seen) > c.distinct || c.sent > 0 && (sent != int64(c.sent) || len(target.seen) != c.distinct) {
				t.Errorf("the server saw %v", target.seen)
			}
			if r.latency.count != sent || r.rate <= 0 {
				t.Errorf("%d latencies and a rate of %v for %d requests", r.latency.count, r.rate, sent)
			}
		})
	}
}

// A measurement of refusals would be a fast one.
func TestLoadWantsSuccess(t *testing.T) {
	target := newTarget(t, http.StatusForbidden)
	if _, err := load(t.Context(), target.process, numbered(10), extent{connections: 2}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("%v, want the refusal", err)
	}
}

func TestLoadEndsWhenInterrupted(t *testing.T) {
	target := newTarget(t, http.StatusOK)
	ctx, cancel := context.WithCancel(t.Context())
	interrupt := time.AfterFunc(20*time.Millisecond, cancel)
	defer interrupt.Stop()
	if _, err := load(ctx, target.process, numbered(10), extent{connections: 2, duration: time.Hour}); err == nil {
		t.Error("an interrupted measurement has a result")
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("it ended before it was interrupted")
	}
}
