package care_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/backup"
	"ossd/care"
	"ossd/engine/blob"
	blobfile "ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
	"ossd/server"
)

const (
	loadWriters = 8
	loadKeys    = 4 // of each writer
)

// load is a store in which writers replace their objects all the time, beside a
// sweeper that frees at once what was replaced.
type load struct {
	*testing.T
	*care.Local
	bucket  objectstore.Bucket
	writers [loadWriters]loadWriter
	stop    context.CancelFunc
	running sync.WaitGroup
	puts    atomic.Int64
	freed   atomic.Int64
}

// loadWriter knows the last version of each of its keys that was begun and acknowledged.
type loadWriter struct {
	mu           sync.Mutex
	tried, acked [loadKeys]int
}

func startLoad(t *testing.T) *load {
	t.Helper()
	l := &load{T: t}
	data := filepath.Join(t.TempDir(), "data")
	open(t, data).Close() // makes the files of the directory
	rows, err := pebble.Open(pebble.Config{Dir: filepath.Join(data, "meta"), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	blobs := openBlobs(t, data)
	l.Local = &care.Local{Objects: objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs, Grace: time.Nanosecond}), Rows: rows, Data: data}
	if l.bucket, err = l.Objects.CreateBucket(t.Context(), objectstore.Bucket{Name: "demo", Owner: "1"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	for w := range l.writers {
		l.running.Go(func() { l.write(ctx, w) })
	}
	l.running.Go(func() {
		for ctx.Err() == nil {
			swept, err := l.Objects.Sweep(ctx)
			if err != nil && ctx.Err() == nil {
				t.Errorf("sweep: %v", err)
			}
			l.freed.Add(int64(swept.Garbage))
		}
	})
	t.Cleanup(func() { stop(); l.running.Wait() })
	return l
}

// openBlobs has segments so small that many come and go.
func openBlobs(t *testing.T, data string) blob.Store {
	t.Helper()
	files, err := blobfile.Open(blobfile.Config{Dir: filepath.Join(data, "blob")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	blobs, err := segment.Open(segment.Config{Dir: filepath.Join(data, "segments"), Large: files, SegmentBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs
}

func loadKey(w, k int) string { return fmt.Sprintf("writer-%d/key-%d", w, k) }

// loadContent is small or, for one key of each writer, in a file of its own.
func loadContent(w, k, version int) []byte {
	size := 1 + version*37%3000
	if k == 0 {
		size += large / 8
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d/%d;", w, version), size)
}

func (l *load) write(ctx context.Context, w int) {
	writer := &l.writers[w]
	for version := 1; ctx.Err() == nil; version++ {
		k := rand.IntN(loadKeys)
		writer.mu.Lock()
		writer.tried[k] = version
		writer.mu.Unlock()
		content := loadContent(w, k, version)
		_, err := l.Objects.PutObject(ctx, objectstore.Put{Bucket: l.bucket, Key: loadKey(w, k), Incoming: objectstore.Incoming{Body: bytes.NewReader(content), Size: int64(len(content))}})
		if err != nil {
			if ctx.Err() == nil {
				l.Errorf("put: %v", err)
			}
			return
		}
		writer.mu.Lock()
		writer.acked[k] = version
		writer.mu.Unlock()
		l.puts.Add(1)
	}
}

// await returns when so many more objects have been put and some freed.
func (l *load) await(puts int64) {
	for begin, freed := l.puts.Load(), l.freed.Load(); l.puts.Load() < begin+puts || l.freed.Load() == freed; {
		if l.Failed() {
			l.FailNow()
		}
		time.Sleep(time.Millisecond)
	}
}

// acked is the last version of each key that was acknowledged until now.
func (l *load) acked() (all [loadWriters][loadKeys]int) {
	for w := range l.writers {
		l.writers[w].mu.Lock()
		all[w] = l.writers[w].acked
		l.writers[w].mu.Unlock()
	}
	return all
}

// tried is the last version of a key that was begun.
func (l *load) tried(w, k int) int {
	l.writers[w].mu.Lock()
	defer l.writers[w].mu.Unlock()
	return l.writers[w].tried[k]
}

// wantIn checks that a restored store is sound, and that of every key it has the version
// that was acknowledged before the backup, or a later one, whole.
func (l *load) wantIn(data string, acked [loadWriters][loadKeys]int) {
	l.Helper()
	k, err := server.OpenStopped(l.Context(), data, slog.New(slog.DiscardHandler))
	if err != nil {
		l.Fatal(err)
	}
	defer k.Close()
	watch := care.Watch{Found: func(f care.Finding) { l.Errorf("restored: %+v", f) }}
	if _, err := k.Check(l.Context(), time.Hour, watch); err != nil {
		l.Fatal(err)
	}
	if _, err := k.Scrub(l.Context(), 0, watch); err != nil {
		l.Fatal(err)
	}
	for w := range acked {
		for i, version := range acked[w] {
			found, err := k.Objects.Find(l.Context(), "demo", loadKey(w, i), "")
			if err != nil {
				l.Fatal(err)
			}
			if found.Object == nil {
				if version > 0 {
					l.Errorf("%s: version %d was acknowledged before the backup, none was restored", loadKey(w, i), version)
				}
				continue
			}
			got := l.version(k.Objects, found.Object, w, i)
			if tried := l.tried(w, i); got < version || got > tried {
				l.Errorf("%s: version %d was restored, %d acknowledged, %d tried", loadKey(w, i), got, version, tried)
			}
		}
	}
}

// version reads an object and tells which it is, -1 if it is none.
func (l *load) version(s *objectstore.Store, o *objectstore.Object, w, k int) int {
	l.Helper()
	r, err := s.Open(l.Context(), "demo", o, 0, -1)
	if err != nil {
		l.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		l.Fatal(err)
	}
	var of, version int
	if _, err := fmt.Sscanf(string(content), "%d/%d;", &of, &version); err != nil || !bytes.Equal(content, loadContent(w, k, version)) {
		return -1
	}
	return version
}

// restore brings back the backup.
func (l *load) restore(from string) (data string) {
	l.Helper()
	data = filepath.Join(l.TempDir(), "restored")
	if _, err := backup.Restore(l.Context(), backup.Restoring{From: from, To: data, Last: "FORMAT"}); err != nil {
		l.Fatal(err)
	}
	return data
}

// Backups that are made while objects are replaced and freed all the time have
// every object that was acknowledged before, whole. The second builds on the first.
func TestBackupUnderLoad(t *testing.T) {
	l := startLoad(t)
	to := filepath.Join(t.TempDir(), "backup")
	for range 3 {
		l.await(200)
		acked := l.acked()
		// Slow enough that there is much that would have been freed meanwhile.
		r, err := care.BackUp(t.Context(), l, care.Backup{Data: l.Data, To: to, Rate: 40e6})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v beside %d puts, %d freed", r, l.puts.Load(), l.freed.Load())
		l.wantIn(l.restore(to), acked)
	}
}

// A backup that is interrupted anywhere leaves the one before it, which is as good as ever.
func TestInterruptedBackupUnderLoad(t *testing.T) {
	l := startLoad(t)
	to := filepath.Join(t.TempDir(), "backup")
	l.await(200)
	acked := l.acked()
	first, err := care.BackUp(t.Context(), l, care.Backup{Data: l.Data, To: to})
	if err != nil {
		t.Fatal(err)
	}
	for share := int64(0); share < 4; share++ {
		l.await(50)
		ctx, interrupt := context.WithCancel(t.Context())
		_, err := care.BackUp(ctx, l, care.Backup{Data: l.Data, To: to, Progress: func(done, total int64) {
			if done >= total*share/4 {
				interrupt()
			}
		}})
		interrupt()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted at %d of 4: %v", share, err)
		}
		restored := l.restore(to)
		l.wantIn(restored, acked)
	}
	if r, err := backup.Restore(t.Context(), backup.Restoring{From: to}); err != nil || r.Bytes != first.Bytes {
		t.Errorf("the backup is now %+v, %v; it was %+v", r, err, first)
	}
}
