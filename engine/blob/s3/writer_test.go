package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/s3/s3test"
)

// walked returns what a walk over everything shows.
func walked(t testing.TB, s *Store) map[blob.Ref]int64 {
	t.Helper()
	found := map[blob.Ref]int64{}
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, size int64) error {
		found[ref] = size
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// pattern yields a length of bytes that differ from frame to frame.
func pattern(length, seed int) []byte {
	b := make([]byte, length)
	for i := range b {
		b[i] = byte(i*7 + i>>16 + i>>8 + seed)
	}
	return b
}

const partBytes = partFrames * frame // of a blob in a part

// How often which request is made for a blob, and every boundary between.
func TestSizes(t *testing.T) {
	server := s3test.For(t)
	p, endpoint := newProxy(t, server)
	config := configFor(server, "sizes")
	config.Endpoint = endpoint
	s := mustOpen(t, config)
	for _, size := range []int{
		0, 1, frame - 1, frame, frame + 1, smallFrames*frame - 1, smallFrames * frame, smallFrames*frame + 1,
		partBytes - 1, partBytes, partBytes + 1, 2*partBytes - 1, 2 * partBytes, 2*partBytes + 1, 5*partBytes + 12345,
	} {
		data := pattern(size, 1)
		for _, hint := range []int64{-1, int64(size), 1, 100 << 20} {
			p.meddle(nil)
			w, err := s.Create(t.Context(), hint)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(w, bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
			ref, err := w.Commit(t.Context())
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			parts, want := p.count(uploadPart), (size+partBytes-1)/partBytes
			if want < 2 {
				want = 0
			}
			if puts := p.count(putObject); parts != want || (puts == 1) != (want == 0) {
				t.Errorf("%d bytes: %d parts and %d puts, want %d parts", size, parts, puts, want)
			}
			p.meddle(nil)
			if got, err := blobtest.Read(s, ref); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes: read %d, %v", size, len(got), err)
			}
			if gets := p.count(getObject); gets != 1 {
				t.Errorf("%d bytes were read with %d requests", size, gets)
			}
			if n, err := s.Size(t.Context(), ref); n != int64(size) || err != nil {
				t.Errorf("size %d, %v; want %d", n, err, size)
			}
			if size > 0 {
				from := size / 2
				if got, err := readRange(t, s, ref, int64(from), int64(size-from)); err != nil || !bytes.Equal(got, data[from:]) {
					t.Errorf("%d bytes from %d: %d, %v", size-from, from, len(got), err)
				}
			}
			if err := s.Delete(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A blob of more parts than an upload has is made of groups of them.
func TestGroups(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "groups"))
	s.limits = limits{direct: 2, group: 2, all: 4}
	for _, size := range []int{2*partBytes + 1, 4 * partBytes, 4*partBytes + 1, 6 * partBytes} {
		data := pattern(size, 2)
		ref := blobtest.Put(t, s, data)
		blobtest.WantBytes(t, s, ref, data)
		if err := s.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(w, bytes.NewReader(pattern(7*partBytes, 2))); err == nil {
		_, err = w.Commit(t.Context())
	}
	if err == nil {
		t.Error("a blob of more parts than there may be was committed")
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	wantNothingLeft(t, server, s)
}

// wantNothingLeft looks for objects and uploads, but FORMAT.
func wantNothingLeft(t *testing.T, server *s3test.Server, s *Store) {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(server.Dir, "blobs", s.config.Prefix, "??", "*"))
	if err != nil || len(objects) > 0 {
		t.Errorf("objects are left: %v, %v", objects, err)
	}
	if n := uploads(t, s); n > 0 {
		t.Errorf("%d uploads are left", n)
	}
}

func uploads(t testing.TB, s *Store) int {
	t.Helper()
	page, err := s.core.ListMultipartUploads(t.Context(), s.config.Bucket, s.config.Prefix, "", "", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Uploads)
}

// 64 writers of long blobs share few buffers, and all get through.
func TestBoundedBuffers(t *testing.T) {
	server := s3test.For(t)
	config := configFor(server, "bounded")
	config.PartBuffers = 3
	config.Stall = time.Minute
	s := mustOpen(t, config)
	most := atomic.Int64{}
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				most.Store(max(most.Load(), int64(len(s.buffers.used))))
				runtime.Gosched()
			}
		}
	}()
	refs := make([]blob.Ref, 64)
	var wg sync.WaitGroup
	for i := range refs {
		wg.Go(func() { refs[i] = blobtest.Put(t, s, pattern(partBytes+frame*(i%3)+i, i)) })
	}
	wg.Wait()
	close(stop)
	for i, ref := range refs {
		if got, err := blobtest.Read(s, ref); err != nil || !bytes.Equal(got, pattern(partBytes+frame*(i%3)+i, i)) {
			t.Errorf("writer %d: %d bytes, %v", i, len(got), err)
		}
	}
	if n := len(s.buffers.used); n != 0 || most.Load() != 3 {
		t.Errorf("%d buffers are still in use, at most %d were; want 0 and 3", n, most.Load())
	}
}

// Who gets no buffer is told so, and gets one later.
func TestNoBuffer(t *testing.T) {
	server := s3test.For(t)
	config := configFor(server, "nobuffer")
	config.PartBuffers = 1
	config.Stall = 300 * time.Millisecond
	s := mustOpen(t, config)
	holder, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	long := pattern(smallFrames*frame+1, 3)
	if _, err := holder.Write(long); err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(long)
	wantUnavailable(t, "Write without a buffer", err)
	if ref, err := w.Commit(t.Context()); err == nil {
		t.Errorf("what could not be written was committed as %s", ref)
	}
	if err := holder.Abort(); err != nil {
		t.Fatal(err)
	}
	blobtest.WantBytes(t, s, blobtest.Put(t, s, long), long)
}

// An abort, and an end of the context of Create or of Commit, leaves nothing.
func TestAbortUpload(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "abort"))
	for name, end := range map[string]func(w blob.Writer, cancel func()) error{
		"abort": func(w blob.Writer, _ func()) error { return w.Abort() },
		"create's context": func(w blob.Writer, cancel func()) error {
			cancel()
			if _, err := w.Write(pattern(partBytes, 4)); err != context.Canceled {
				return fmt.Errorf("write: %w", err)
			}
			ref, err := w.Commit(context.Background())
			return wantEnded(ref, err)
		},
		"commit's context": func(w blob.Writer, _ func()) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			ref, err := w.Commit(ctx)
			return wantEnded(ref, err)
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w, err := s.Create(ctx, -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(pattern(3*partBytes, 4)); err != nil {
			t.Fatal(err)
		}
		if n := uploads(t, s); n != 1 {
			t.Errorf("%s: %d uploads while one is written", name, n)
		}
		if err := end(w, cancel); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantNothingLeft(t, server, s)
		if n := len(s.buffers.used); n != 0 {
			t.Errorf("%s: %d buffers are still in use", name, n)
		}
	}
}

// wantEnded wants the end of a context as the only error.
func wantEnded(ref blob.Ref, err error) error {
	if err == nil || err.Error() != context.Canceled.Error() {
		return fmt.Errorf("committed as %s, %w", ref, err)
	}
	return nil
}

// What dead writers left is tidied up once it is old; what others write is not.
func TestTidy(t *testing.T) {
	server := s3test.For(t)
	dead, other := mustOpen(t, configFor(server, "tidy")), mustOpen(t, configFor(server, "tidy"))
	w, err := dead.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(pattern(2*partBytes+1, 5)); err != nil {
		t.Fatal(err)
	}
	group := w.(*writer).name + groupMark + "3"
	if err := dead.put(t.Context(), group, []byte("group")); err != nil {
		t.Fatal(err)
	}
	nothing := func(ref blob.Ref, _ int64) error { return fmt.Errorf("%s was shown", ref) }
	if err := other.Walk(t.Context(), time.Now().Add(-time.Hour), nothing); err != nil {
		t.Error(err)
	}
	if err := dead.Walk(t.Context(), time.Now().Add(time.Hour), nothing); err != nil {
		t.Error(err)
	}
	if err := other.Inspect(t.Context(), time.Now().Add(time.Hour), nothing); err != nil {
		t.Error(err)
	}
	if n := uploads(t, dead); n != 1 {
		t.Fatalf("%d uploads: a walk took one that is young, or the own one, or an inspection did", n)
	}
	if _, err := os.Stat(filepath.Join(server.Dir, "blobs", group)); err != nil {
		t.Error(err)
	}
	if err := other.Walk(t.Context(), time.Now().Add(time.Hour), nothing); err != nil {
		t.Error(err)
	}
	wantNothingLeft(t, server, other)
	if ref, err := w.Commit(t.Context()); err == nil {
		t.Errorf("an upload that was aborted was committed as %s", ref)
	}
}

// Walks beside writers show nothing that is not whole, and take nothing away.
func TestWalkBesideWriters(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "beside"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	committed := map[blob.Ref][]byte{}
	for i := range 4 {
		wg.Go(func() {
			for j := range 10 {
				data := pattern(j*frame+i, i)
				ref := blobtest.Put(t, s, data)
				mu.Lock()
				committed[ref] = data
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for ref, size := range walked(t, s) {
			if n, err := s.Size(t.Context(), ref); n != size || err != nil {
				t.Errorf("%s has %d bytes, %v; was shown with %d", ref, n, err, size)
			}
		}
	}
	for ref, data := range committed {
		blobtest.WantBytes(t, s, ref, data)
	}
	if found := walked(t, s); len(found) != len(committed) {
		t.Errorf("%d blobs are shown, want %d", len(found), len(committed))
	}
}
