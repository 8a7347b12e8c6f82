package objectstore

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/pebble"
)

// zeroBlobs reads zeros out of every blob, whatever was written, so that the
// largest of uploads need no bytes.
type zeroBlobs struct{ blob.Store }

type zeroReader struct{ *bytes.Reader }

func (zeroReader) Close() error { return nil }

func (z zeroBlobs) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	r, err := z.Store.Open(ctx, ref, 0, 0)
	if err != nil {
		return nil, err
	}
	return zeroReader{bytes.NewReader(make([]byte, length))}, r.Close()
}

// The longest list of parts there can be is completed at once, read from any
// place, and freed again; so is an upload of as many that is aborted.
func TestMostParts(t *testing.T) {
	for name, rows := range map[string]func() (meta.Store, error){
		"memory": func() (meta.Store, error) { return metamemory.New(), nil },
		"pebble": func() (meta.Store, error) { return pebble.Open(pebble.Config{Dir: t.TempDir()}) },
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := rows()
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			testMostParts(t, rows)
		})
	}
}

func testMostParts(t *testing.T, rows meta.Store) {
	now := time.Now()
	s := New(Config{Rows: rows, Blobs: zeroBlobs{blobmemory.New()}, Now: func() time.Time { return now }})
	b, err := s.CreateBucket(t.Context(), Bucket{Name: "demo", Owner: "1"})
	if err != nil {
		t.Fatal(err)
	}
	u := fullUpload(t, s, b)
	begin := time.Now()
	o, err := s.CompleteUpload(t.Context(), Complete{Bucket: b, Key: "k", Upload: u.ID, All: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("completed in %v", time.Since(begin))
	if o.Size != MaxParts*MinPartSize || !strings.HasSuffix(o.ETag, "-"+strconv.Itoa(MaxParts)) {
		t.Errorf("completed %+v", o)
	}
	for _, offset := range []int64{0, 1, MinPartSize, extentRun*MinPartSize - 1, extentRun * MinPartSize, 1030*MinPartSize + 1, o.Size - 3*MinPartSize, o.Size - 1} {
		length := min(o.Size-offset, 2*MinPartSize)
		r, err := s.Open(t.Context(), "demo", &o, offset, length)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.WriteTo(io.Discard); n != length || err != nil {
			t.Errorf("from %d: %d bytes of %d, %v", offset, n, length, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.AbortUpload(t.Context(), b, "k", fullUpload(t, s, b).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteObject(t.Context(), b, Deletion{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if swept, err := s.Sweep(t.Context()); err != nil || swept.Garbage != 2*MaxParts {
		t.Errorf("swept %+v, %v", swept, err)
	}
	wantRows(t, rows, bucketKey("demo"), ownedKey("1", "demo"))
}

// fullUpload is an upload of as many parts as there may be. Their rows are
// written in a few transactions, as commitPart writes each.
func fullUpload(t *testing.T, s *Store, b Bucket) Upload {
	t.Helper()
	u, err := s.NewUpload(t.Context(), b, Upload{Key: "k"}, false)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := parseUploadID(u.ID)
	if err := s.Rows.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
		for number := 1; number <= MaxParts; number++ {
			w, err := s.Blobs.Create(t.Context(), 0)
			if err != nil {
				return err
			}
			part := Part{Number: number, Size: MinPartSize, ETag: strings.Repeat("A", 32), LastModified: s.Now()}
			if part.ref, err = w.Commit(t.Context()); err != nil {
				return err
			}
			if err := s.replacePart(tx, PutPart{Bucket: b, Key: "k", Number: number}, id, &part); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return u
}

// wantRows checks that there are these rows and no others.
func wantRows(t *testing.T, rows meta.Store, want ...[]byte) {
	t.Helper()
	var got [][]byte
	if err := rows.View(t.Context(), func(snap meta.Snapshot) error {
		for row, err := range snap.Scan(nil, nil) {
			if err != nil {
				return err
			}
			got = append(got, bytes.Clone(row.Key))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.Join(got, []byte{'\n'}), bytes.Join(want, []byte{'\n'})) {
		t.Errorf("there are %d rows, first %.200q; want %q", len(got), got[:min(len(got), 5)], want)
	}
}
