package rpc_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
)

func TestReplay(t *testing.T) {
	w := rpctest.New(t, actions...)
	params := echo(w, http.MethodPost)
	const code, message = "SignatureNonceUsed", "Specified signature nonce was used already."
	w.Post("/", params).OK(nil)
	w.Post("/", params).Refused(400, code, message)
	w.Post("/?"+params.Encode(), params).Refused(400, code, message)
	w.Advance(15 * time.Minute)
	w.Post("/", params).Refused(400, code, message)
	w.Advance(time.Second)
	w.Post("/", params).Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

	// A timestamp ahead of time does not outlive the memory.
	early := url.Values{"Version": {version}, "Action": {"Echo"}, "Text": {"hi"}}
	signature.SignRPC(http.MethodPost, early, w.Root, w.Now().Add(15*time.Minute), "early")
	w.Post("/", early).OK(nil)
	w.Advance(30 * time.Minute)
	w.Post("/", early).Refused(400, code, message)

	// An action that fails has used its nonce too.
	failing := w.Signed(http.MethodPost, w.Root, "Version", version, "Action", "Echo")
	w.Post("/", failing).Refused(400, "MissingText", "Text is mandatory for this action.")
	w.Post("/", failing).Refused(400, code, message)
}

func TestReplayRace(t *testing.T) {
	w := rpctest.New(t, actions...)
	params := echo(w, http.MethodPost)
	var passed, refused atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch r := w.Post("/", params); r.Code {
			case http.StatusOK:
				passed.Add(1)
			case http.StatusBadRequest:
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 1 || refused.Load() != 15 {
		t.Errorf("of 16 equal requests %d passed and %d were refused, want 1 and 15", passed.Load(), refused.Load())
	}
}

// A body that trickles in for as long as nonces are kept must not bring a
// replay past the clock.
func TestSlowBody(t *testing.T) {
	w := rpctest.New(t, actions...)
	params := echo(w, http.MethodPost)
	w.Post("/", params).OK(nil)
	r := httptest.NewRequest(http.MethodPost, "/", slow{strings.NewReader(params.Encode()), func() { w.Advance(time.Hour) }})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.Serve(r).Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
}

type slow struct {
	io.Reader
	before func()
}

func (s slow) Read(p []byte) (int, error) {
	s.before()
	return s.Reader.Read(p)
}
