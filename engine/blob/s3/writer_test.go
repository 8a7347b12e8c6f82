package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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
				time.Sleep(100 * time.Microsecond)
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
	// A part that comes as the upload is aborted may bring it back, in this store.
	if err := w.(*writer).sends.landAll(t.Context(), 0); err != nil {
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

// Another node's upload that began long ago, but still gets parts, is left alone.
func TestTidySlowUpload(t *testing.T) {
	server := s3test.For(t)
	slow, other := mustOpen(t, configFor(server, "slow")), mustOpen(t, configFor(server, "slow"))
	data := pattern(2*partBytes+1, 5)
	w, err := slow.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.(*writer).sends.landAll(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-5 * time.Hour)
	dir := filepath.Dir(partFiles(t, server)[0])
	if err := os.Chtimes(dir, long, long); err != nil {
		t.Fatal(err)
	}
	page, err := other.core.ListMultipartUploads(t.Context(), "blobs", "slow/", "", "", "", 0)
	if err != nil || len(page.Uploads) != 1 || time.Since(page.Uploads[0].Initiated) < time.Hour {
		t.Fatalf("the upload is not as old as this test wants: %v, %v", page.Uploads, err)
	}
	nothing := func(blob.Ref, int64) error { return nil }
	if err := other.Walk(t.Context(), time.Now().Add(-time.Hour), nothing); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	blobtest.WantBytes(t, other, ref, data)
}

// partFiles are the files of parts of uploads that go on.
func partFiles(t *testing.T, server *s3test.Server) (files []string) {
	t.Helper()
	if err := filepath.WalkDir(filepath.Join(server.Dir, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "1" {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no files of parts")
	}
	return files
}

// A blob that is there already, but whose Commit has not returned, is not shown.
func TestWalkBeforeAnswer(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "before")
	looked := 0
	for kind, size := range map[string]int{putObject: 10, completeUpload: 2 * partBytes} {
		p.meddle(first(1, kind, func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
			held := httptest.NewRecorder()
			pass.ServeHTTP(held, r)
			looked++
			if found := walked(t, s); len(found) != 0 {
				t.Errorf("%v was shown before it was committed", found)
			}
			w.WriteHeader(held.Code)
			w.Write(held.Body.Bytes())
			return true
		}))
		if err := s.Delete(t.Context(), blobtest.Put(t, s, pattern(size, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if looked != 2 {
		t.Errorf("looked %d times", looked)
	}
}

// Whichever part fails for good fails the blob, and leaves neither buffers nor parts.
func TestFailedPart(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "failed")
	s.limits = limits{direct: 2, group: 2, all: 4}
	for _, kind := range []string{createUpload, uploadPart, copyPart, completeUpload} {
		for after := range 2 {
			n := 0
			p.meddle(first(always, kind, func(k string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
				p.mu.Lock()
				n++
				spared := n <= after
				p.mu.Unlock()
				return !spared && answer(403, "AccessDenied")(k, w, r, pass)
			}))
			w, err := s.Create(t.Context(), -1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Write(pattern(5*partBytes+1, 1))
			ref, commitErr := w.Commit(t.Context())
			if commitErr == nil || !strings.Contains(errors.Join(err, commitErr).Error(), "AccessDenied") {
				t.Errorf("%s fails after %d: Write: %v, Commit: %s, %v", kind, after, err, ref, commitErr)
			}
			wantNothingLeft(t, server, s)
			if n := len(s.buffers.used); n != 0 {
				t.Errorf("%s fails after %d: %d buffers are still in use", kind, after, n)
			}
		}
	}
}

// A short range costs few bytes, wherever it lies.
func TestRangesCostFrames(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "range")
	data := pattern(20*frame+5, 1)
	ref := blobtest.Put(t, s, data)
	for _, c := range []struct{ offset, length, frames int64 }{
		{0, 1, 1}, {frame - 1, 1, 1}, {frame - 1, 2, 2}, {10 * frame, frame, 1}, {20 * frame, 5, 1}, {20*frame - 1, 6, 2}, {20*frame - 1, -1, 2},
	} {
		got := int64(0)
		p.meddle(first(1, getObject, func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
			held := httptest.NewRecorder()
			pass.ServeHTTP(held, r)
			got = int64(held.Body.Len())
			for name, values := range held.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(held.Code)
			w.Write(held.Body.Bytes())
			return true
		}))
		if b, err := readRange(t, s, ref, c.offset, c.length); err != nil || !bytes.HasPrefix(data[c.offset:], b) {
			t.Errorf("%d bytes from %d: %d, %v", c.length, c.offset, len(b), err)
		}
		if got > c.frames*storedFrame {
			t.Errorf("%d bytes from %d cost %d bytes, want %d frames", c.length, c.offset, got, c.frames)
		}
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

// A walk over many pages goes on where one was refused, and shows nothing twice.
func TestWalkPages(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "pages")
	const blobs = 2100
	for i := range blobs {
		name, _ := s.name(blob.Ref(fmt.Sprintf("%032x", i*0x1000_0001) + suffix))
		file := filepath.Join(server.Dir, "blobs", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, make([]byte, storedSize(1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := 0
	p.meddle(func(kind string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
		q := r.URL.Query()
		refuse := (q.Has("continuation-token") || q.Has("start-after")) && refused < 6
		if refuse {
			refused++
		}
		return refuse && answer(503, "SlowDown")(kind, w, r, pass)
	})
	found := map[blob.Ref]bool{}
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, size int64) error {
		if found[ref] || size != 1 {
			t.Errorf("%s, %d bytes: shown twice, or not as long", ref, size)
		}
		found[ref] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(found) != blobs || refused != 6 {
		t.Errorf("%d blobs were shown, want %d; %d pages were refused, want 6", len(found), blobs, refused)
	}
}
