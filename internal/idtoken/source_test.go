package idtoken

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/internal/idtoken/idtokentest"
)

// What an issuer may answer instead of its configuration and keys.
func TestBrokenIssuers(t *testing.T) {
	endless := func(rw http.ResponseWriter, _ *http.Request) {
		for range 4 * maxAnswer / 1024 {
			if _, err := io.WriteString(rw, strings.Repeat(" ", 1024)); err != nil {
				return
			}
		}
	}
	text := func(format string, args ...any) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprintf(rw, format, args...) }
	}
	gone := func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) }
	hangUp := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	w := newWorld(t)
	for _, path := range []string{idtokentest.Discovery, idtokentest.Keys} {
		for name, broken := range map[string]http.HandlerFunc{
			"endless": endless, "missing": gone, "hangs up": hangUp, "no JSON": text("<html>"), "empty": text(""), "another type": text("[1]"),
			"another issuer": text(`{"issuer":"https://other.example","jwks_uri":"%s"}`, w.issuer.URL+idtokentest.Keys),
			"no keys":        text(`{"issuer":"%s","keys":[]}`, w.issuer.URL),
			"too many keys":  text(`{"issuer":"%s","keys":[%s{}]}`, w.issuer.URL, strings.Repeat("{},", maxKeys)),
		} {
			w.issuer.Serve(path, broken)
			w.time = w.time.Add(keysAge)
			w.refused(path+" "+name, w.issuer.Token(w.claims()), Unavailable)
		}
		w.issuer.Serve(path, nil)
	}
	w.time = w.time.Add(failureAge)
	w.good("well again", w.issuer.Token(w.claims()))
}

// What an issuer answers does not fill the log.
func TestErrorsAreBrief(t *testing.T) {
	w := newWorld(t)
	w.issuer.Serve(idtokentest.Discovery, func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusInternalServerError)
		io.WriteString(rw, strings.Repeat("é", maxAnswer/4))
	})
	_, err := w.Verify(t.Context(), w.want(), w.issuer.Token(w.claims()))
	if err == nil || len(err.Error()) > 2*maxErrorText {
		t.Errorf("%.1000v", err)
	}
}

// A failure is remembered for a while, and no longer.
func TestFailuresAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.issuer.Serve(idtokentest.Keys, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	token := w.issuer.Token(w.claims())
	for range 5 {
		w.refused("failing", token, Unavailable)
	}
	w.issuer.Serve(idtokentest.Keys, nil)
	w.refused("too early", token, Unavailable)
	if n := w.issuer.Asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
	w.time = w.time.Add(failureAge)
	w.good("later", token)
}

// silent is an issuer whose keys never come, until the test ends.
func silent(t *testing.T, issuer *idtokentest.Issuer) {
	release := make(chan struct{})
	issuer.Serve(idtokentest.Keys, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
}

// An issuer that does not answer keeps nobody longer than they want to wait, gets
// one request, and no more than so many wait for it.
func TestSilentIssuer(t *testing.T) {
	w := newWorld(t)
	silent(t, w.issuer)
	token, want := w.issuer.Token(w.claims()), w.want()
	ctx, giveUp := context.WithCancel(t.Context())
	results := make(chan Reason, maxWaiting+20)
	var group sync.WaitGroup
	for range cap(results) {
		group.Go(func() {
			_, err := w.Verify(ctx, want, token)
			refusal := (*Error)(nil)
			errors.As(err, &refusal)
			results <- refusal.Reason
		})
	}
	for range cap(results) - maxWaiting { // these are turned away while the others wait
		if reason := <-results; reason != Busy {
			t.Fatalf("refused for %s", reasons[reason])
		}
	}
	giveUp()
	group.Wait()
	for range maxWaiting {
		if reason := <-results; reason != Unavailable {
			t.Errorf("refused for %s", reasons[reason])
		}
	}
	if n := w.issuer.Asked.Load(); n > 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// One tenant's silent issuers do not keep another's from being asked.
func TestTenantsDoNotShareBounds(t *testing.T) {
	w := newWorld(t)
	ctx, giveUp := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer giveUp()
	silentIssuer := idtokentest.New(t)
	silent(t, silentIssuer)
	w.local[silentIssuer.URL] = true
	var group sync.WaitGroup
	reasonOf := make(chan Reason, maxTenantFetches+1)
	for i := range maxTenantFetches + 1 {
		group.Go(func() {
			// A fingerprint makes it another source; without TLS none is ever good.
			s := w.source(Expected{Tenant: "greedy", Issuer: silentIssuer.URL, Fingerprints: []string{fmt.Sprint(i)}})
			s.fingerprints = nil
			_, err := s.current(ctx, false)
			refusal := (*Error)(nil)
			errors.As(err, &refusal)
			reasonOf <- refusal.Reason
		})
	}
	if reason := <-reasonOf; reason != Busy {
		t.Errorf("the first to be refused was so for %s", reasons[reason])
	}
	w.good("another tenant", w.issuer.Token(w.claims()))
	want := w.want()
	want.Tenant = "greedy"
	if _, err := w.Verify(t.Context(), want, w.issuer.Token(w.claims())); err == nil {
		t.Error("a tenant asks more issuers than it may")
	}
	group.Wait()
}

// What is under way ends by itself, whoever waits.
func TestFetchesEnd(t *testing.T) {
	t.Parallel() // it takes as long as a fetch may
	w := newWorld(t)
	silent(t, w.issuer)
	w.refused("silent", w.issuer.Token(w.claims()), Unavailable)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.total != 0 || len(w.fetches) != 0 {
		t.Errorf("%d fetches are still counted: %v", w.total, w.fetches)
	}
}
