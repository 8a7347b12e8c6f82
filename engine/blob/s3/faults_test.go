package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/s3/s3test"
)

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, blob.ErrUnavailable) || errors.Is(err, blob.ErrNotFound) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%s: %v; want ErrUnavailable", what, err)
	}
}

// meddled is a store behind a proxy, impatient enough for tests.
func meddled(t *testing.T, server *s3test.Server, prefix string) (*Store, *proxy) {
	p, endpoint := newProxy(t, server)
	config := configFor(server, prefix)
	config.Endpoint, config.Stall, config.RetryFor = endpoint, 2*time.Second, 2*time.Second
	return mustOpen(t, config), p
}

// calls makes all calls that a store knows, on a blob that is there, at once.
func calls(t *testing.T, s *Store, ref blob.Ref) map[string]error {
	put := func(ctx context.Context, size int) error {
		w, err := s.Create(ctx, -1)
		if err != nil {
			return err
		}
		defer w.Abort()
		if _, err = w.Write(pattern(size, 0)); err == nil {
			_, err = w.Commit(ctx)
		}
		return err
	}
	nothing := func(blob.Ref, int64) error { return nil }
	errs := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for what, call := range map[string]func(ctx context.Context) error{
		"a small put": func(ctx context.Context) error { return put(ctx, 10) },
		"a long put":  func(ctx context.Context) error { return put(ctx, 2*partBytes) },
		"read":        func(context.Context) error { _, err := blobtest.Read(s, ref); return err },
		"range":       func(context.Context) error { _, err := readRange(t, s, ref, 1, 2); return err },
		"size":        func(ctx context.Context) error { _, err := s.Size(ctx, ref); return err },
		"walk":        func(ctx context.Context) error { return s.Walk(ctx, time.Now().Add(-time.Hour), nothing) },
		"inspect":     func(ctx context.Context) error { return s.Inspect(ctx, time.Now().Add(-time.Hour), nothing) },
		"delete":      func(ctx context.Context) error { return s.Delete(ctx, blob.Ref(strings.Repeat("0", 32)+suffix)) },
	} {
		wg.Go(func() {
			err := call(t.Context())
			mu.Lock()
			defer mu.Unlock()
			errs[what] = err
		})
	}
	wg.Wait()
	return errs
}

var everything = []string{getObject, putObject, deleteObject, headObject, createUpload, uploadPart, completeUpload, list}

// Every request may be refused for a while.
func TestRefusedTwice(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "twice")
	ref := blobtest.Put(t, s, []byte("there"))
	for name, f := range map[string]fault{"SlowDown": answer(503, "SlowDown"), "bad gateway": answer(502, ""), "cut": refuse} {
		for _, kind := range everything {
			p.meddle(first(2, kind, f))
			for what, err := range calls(t, s, ref) {
				if err != nil {
					t.Errorf("%s twice for %s: %s: %v", name, kind, what, err)
				}
			}
			if n := p.count(kind); n < 3 {
				t.Errorf("%s was asked for %d times only", kind, n)
			}
			p.meddle(nil)
		}
	}
}

// A store that is away is away for every call, and says so in bounded time.
func TestAway(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "away")
	s.config.RetryFor, s.transport.stall = 300*time.Millisecond, time.Second
	ref := blobtest.Put(t, s, []byte("there"))
	for name, f := range map[string]fault{
		"500": answer(500, "InternalError"), "503": answer(503, "SlowDown"), "504": answer(504, ""), "cut": refuse, "hangs": hang,
	} {
		p.meddle(func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
			return f("", w, r, pass)
		})
		for what, err := range calls(t, s, ref) {
			wantUnavailable(t, name+", "+what, err)
		}
		if n := p.count(getObject); n > 2*tries {
			t.Errorf("%s: two reads became %d requests", name, n)
		}
	}
	p.meddle(nil)
	blobtest.WantBytes(t, s, ref, []byte("there"))
}

// The caller's context ends every call with its own error, also while it waits.
func TestContextEnds(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "context")
	ref := blobtest.Put(t, s, []byte("there"))
	for name, f := range map[string]fault{"hangs": hang, "refuses": answer(503, "SlowDown")} {
		for what, call := range map[string]func(ctx context.Context) error{
			"open":   func(ctx context.Context) error { _, err := s.Open(ctx, ref, 0, -1); return err },
			"delete": func(ctx context.Context) error { return s.Delete(ctx, ref) },
			"walk":   func(ctx context.Context) error { return s.Walk(ctx, time.Now(), nil) },
			"commit": func(ctx context.Context) error {
				w, err := s.Create(context.Background(), 0)
				if err == nil {
					_, err = w.Commit(ctx)
				}
				return err
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			p.meddle(func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
				cancel()
				return f("", w, r, pass)
			})
			if err := call(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, blob.ErrUnavailable) {
				t.Errorf("the store %s, %s: %v; want the context's error", name, what, err)
			}
		}
	}
}

// Answers that are cut or stall in their middle are resumed, and if that does not
// help, told. Never is a part taken for the whole.
func TestCutBodies(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "cut")
	data := pattern(5*frame+77, 6)
	ref := blobtest.Put(t, s, data)
	keep := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:min(n, len(b))] } }
	for name, f := range map[string]fault{
		"at once": body(keep(0), false), "in a frame": body(half, false), "at a frame": body(keep(2*storedFrame), false),
		"before the last byte": body(func(b []byte) []byte { return b[:len(b)-1] }, false), "stalls": body(half, true),
		"a bit flips on the way": body(func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b }, false),
	} {
		p.meddle(first(1, getObject, f))
		if got, err := blobtest.Read(s, ref); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s, once: %d bytes, %v", name, len(got), err)
		}
		if n := p.count(getObject); n != 2 {
			t.Errorf("%s, once: read with %d requests, want 2", name, n)
		}
		p.meddle(first(1, getObject, f))
		if got, err := readRange(t, s, ref, frame+5, 3*frame); err != nil || !bytes.Equal(got, data[frame+5:4*frame+5]) {
			t.Errorf("%s, in a range: %d bytes, %v", name, len(got), err)
		}
	}
	p.meddle(first(always, getObject, body(keep(storedFrame-1), false)))
	got, err := blobtest.Read(s, ref)
	wantUnavailable(t, "a body that is always cut", err)
	if !bytes.HasPrefix(data, got) || len(got) == len(data) {
		t.Errorf("%d bytes of a body that is always cut", len(got))
	}
	p.meddle(first(always, getObject, body(keep(storedFrame), false)))
	if got, err := blobtest.Read(s, ref); err != nil || !bytes.Equal(got, data) {
		t.Errorf("a frame at a time: %d bytes, %v", len(got), err)
	}
}

// Reading goes on only in the same object.
func TestReplacedWhileRead(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "replaced")
	ref := blobtest.Put(t, s, pattern(5*frame, 7))
	name, _ := s.name(ref)
	for what, change := range map[string]struct {
		do   func() error
		want error
	}{
		"replaced": {func() error { return s.put(context.Background(), name, pattern(6*frame, 8)) }, blob.ErrCorrupt},
		"deleted":  {func() error { return s.Delete(context.Background(), ref) }, blob.ErrNotFound},
	} {
		if err := s.put(t.Context(), name, frames(ref, pattern(5*frame, 7))); err != nil {
			t.Fatal(err)
		}
		p.meddle(first(1, getObject, func(kind string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
			body(half, false)(kind, w, r, pass)
			if err := change.do(); err != nil {
				t.Error(err)
			}
			return true
		}))
		if got, err := blobtest.Read(s, ref); !errors.Is(err, change.want) {
			t.Errorf("%s while it was read: %d bytes, %v; want %v", what, len(got), err, change.want)
		}
	}
}

// frames is what the object of a blob holds.
func frames(ref blob.Ref, data []byte) []byte {
	f := framer{ref: ref}
	for {
		data = data[f.add(data):]
		if len(data) == 0 {
			f.end(true)
			return f.b
		}
		f.end(false)
	}
}

// An answer that is lost leaves a blob or none, but never one that Commit denied
// and a walk does not find.
func TestLostAnswers(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "lost")
	data := pattern(2*partBytes, 9)
	for _, kind := range []string{putObject, createUpload, uploadPart, completeUpload, deleteObject} {
		for _, size := range []int{10, len(data)} {
			p.meddle(first(1, kind, lose))
			w, err := s.Create(t.Context(), -1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data[:size]); err != nil {
				t.Fatal(err)
			}
			ref, err := w.Commit(t.Context())
			if err == nil {
				blobtest.WantBytes(t, s, ref, data[:size])
				err = s.Delete(t.Context(), ref)
			}
			if err != nil && kind != completeUpload {
				t.Errorf("the answer to %s was lost: %v", kind, err)
			}
			for ref := range walked(t, s) {
				if err := s.Delete(t.Context(), ref); err != nil {
					t.Error(err)
				}
			}
			wantNothingLeft(t, server, s)
		}
	}
}

// A store that is killed and comes back is used on, over connections made anew.
func TestRestart(t *testing.T) {
	server := s3test.For(t)
	config := configFor(server, "restart")
	config.RetryFor = 500 * time.Millisecond
	s := mustOpen(t, config)
	ref := blobtest.Put(t, s, []byte("there"))
	for range 2 {
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		for what, err := range calls(t, s, ref) {
			wantUnavailable(t, "killed, "+what, err)
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		blobtest.WantBytes(t, s, ref, []byte("there"))
		for what, err := range calls(t, s, ref) {
			if err != nil {
				t.Errorf("restarted, %s: %v", what, err)
			}
		}
	}
}

// A store that is full, forbids or is gone says which, in words of ours.
func TestAnswers(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "answers")
	for _, c := range []struct {
		status int
		code   string
		want   error
		says   string
	}{
		{507, "", blob.ErrFull, ""},
		{403, "QuotaExceeded", blob.ErrFull, ""},
		{403, "AccessDenied", nil, "s3:PutObject"},
		{403, "SignatureDoesNotMatch", nil, secretKeyVariable},
		{403, "InvalidAccessKeyId", nil, accessKeyVariable},
		{400, "ExpiredToken", nil, awsTokenVariable},
		{403, "RequestTimeTooSkewed", nil, "clock"},
		{301, "PermanentRedirect", nil, "region"},
		{404, "NoSuchBucket", nil, "create=true"},
		{400, "Something\nElse" + strings.Repeat("x", 1000), nil, "400 Something_Elsex"},
	} {
		p.meddle(first(always, putObject, answer(c.status, c.code)))
		w, err := s.Create(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Commit(t.Context())
		for _, sentinel := range []error{blob.ErrFull, blob.ErrUnavailable, blob.ErrNotFound, blob.ErrCorrupt} {
			if errors.Is(err, sentinel) != (sentinel == c.want) {
				t.Errorf("%d %s: %v; is it %v?", c.status, c.code, err, sentinel)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 600 {
			t.Errorf("%d %s: %v; want it to say %q", c.status, c.code, err, c.says)
		}
		if n := p.count(putObject); n != 1 {
			t.Errorf("%d %s was asked for %d times", c.status, c.code, n)
		}
	}
}

// A reader may take its time: only the store must not.
func TestSlowReader(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "slow")
	s.transport.stall = 200 * time.Millisecond
	data := pattern(3*partBytes, 1) // more than connections hold
	ref := blobtest.Put(t, s, data)
	p.meddle(nil)
	r, err := s.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make([]byte, len(data))
	time.Sleep(3 * s.transport.stall)
	if _, err := io.ReadFull(r, got[:10]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * s.transport.stall)
	if _, err := io.ReadFull(r, got[10:]); err != nil || !bytes.Equal(got, data) || p.count(getObject) != 1 {
		t.Errorf("a slow reader: %v, in %d requests", err, p.count(getObject))
	}
}

// The end of Open's context ends the reading.
func TestContextEndsReading(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "reading")
	ref := blobtest.Put(t, s, pattern(3*frame, 1))
	ctx, cancel := context.WithCancel(t.Context())
	p.meddle(first(1, getObject, func(k string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
		time.AfterFunc(50*time.Millisecond, cancel)
		return body(half, true)(k, w, r, pass)
	}))
	r, err := s.Open(ctx, ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) || errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("reading on: %v; want the context's error", err)
	}
}

// While one part is on its way, the next is received and sent.
func TestPartsOverlap(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "overlap")
	second := make(chan struct{})
	n := 0
	p.meddle(first(2, uploadPart, func(string, http.ResponseWriter, *http.Request, http.Handler) bool {
		p.mu.Lock()
		n++
		mine := n
		p.mu.Unlock()
		if mine == 2 {
			close(second)
			return false
		}
		select {
		case <-second:
		case <-time.After(5 * time.Second):
			t.Error("no second part came while the first was held")
		}
		return false
	}))
	data := pattern(3*partBytes, 1)
	blobtest.WantBytes(t, s, blobtest.Put(t, s, data), data)
}

func TestAbortTwice(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "again"))
	u, err := s.begin(t.Context(), "again/x")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := u.abort(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// The store's times are cut off to seconds: what may be young is not old.
func TestOlder(t *testing.T) {
	s := &Store{transport: &transport{}}
	written := time.Unix(1000, 0)
	for after, old := range map[time.Duration]bool{0: false, 500 * time.Millisecond: false, time.Second: false, 1001 * time.Millisecond: true} {
		if got := s.older(written, written.Add(after)); got != old {
			t.Errorf("written at a second, %v later: old %v", after, got)
		}
	}
}
