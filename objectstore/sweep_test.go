package objectstore_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	"ossd/objectstore"
)

// What was replaced or deleted is readable until its grace has passed, and then gone.
func TestSweepFreesGarbage(t *testing.T) {
	now := time.Now()
	blobs := blobmemory.New()
	s := open(t, func(c *objectstore.Config) {
		c.Blobs, c.Now, c.Grace = blobs, func() time.Time { return now }, time.Minute
	})
	b := bucket(t, s, "demo")
	old := put(t, s, b, "replaced", "old")
	put(t, s, b, "replaced", "new")
	gone := put(t, s, b, "deleted", "gone")
	if _, err := s.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "deleted"}); err != nil {
		t.Fatal(err)
	}

	sweep(t, s, objectstore.Swept{})
	for _, o := range []*objectstore.Object{&old, &gone} {
		r, err := s.Open(t.Context(), "demo", o, 0, -1)
		if err != nil {
			t.Fatalf("%s is not readable within its grace: %v", o.Key, err)
		}
		r.Close()
	}
	now = now.Add(time.Minute + time.Second)
	sweep(t, s, objectstore.Swept{Garbage: 2})
	sweep(t, s, objectstore.Swept{})
	for _, o := range []*objectstore.Object{&old, &gone} {
		_, err := s.Open(t.Context(), "demo", o, 0, -1)
		wantKind(t, err, objectstore.NoSuchKey)
	}
	if got, _, _, err := get(t.Context(), s, "demo", "replaced"); got != "new" || err != nil {
		t.Errorf("the new object reads %q, %v", got, err)
	}
	if n := count(t, blobs); n != 1 {
		t.Errorf("%d blobs are left, want 1", n)
	}
}

// Bytes that no row ever came to name are freed once nobody can be about to name them.
func TestSweepFreesOrphans(t *testing.T) {
	blobs := blobmemory.New()
	now := time.Now()
	s := open(t, func(c *objectstore.Config) {
		c.Blobs, c.Now, c.OrphanAge = blobs, func() time.Time { return now }, time.Hour
	})
	b := bucket(t, s, "demo")
	put(t, s, b, "kept", "x")
	w, err := blobs.Create(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	sweep(t, s, objectstore.Swept{})
	now = now.Add(2 * time.Hour)
	sweep(t, s, objectstore.Swept{Orphans: 1})
	if got, _, ok, err := get(t.Context(), s, "demo", "kept"); got != "x" || !ok || err != nil {
		t.Errorf("the kept object reads %q, %t, %v", got, ok, err)
	}
}

// A blob that is lost although a row names it is an error of the store, not a missing key.
func TestLostContentIsNoMissingKey(t *testing.T) {
	blobs := blobmemory.New()
	s := open(t, func(c *objectstore.Config) { c.Blobs = blobs })
	b := bucket(t, s, "demo")
	o := put(t, s, b, "a", "x")
	if err := blobs.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error { return blobs.Delete(t.Context(), ref) }); err != nil {
		t.Fatal(err)
	}
	_, err := s.Open(t.Context(), "demo", &o, 0, -1)
	if err == nil || errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchKey}) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("opening lost content: %v", err)
	}
}

func sweep(t *testing.T, s *objectstore.Store, want objectstore.Swept) {
	t.Helper()
	if got, err := s.Sweep(t.Context()); err != nil || got != want {
		t.Fatalf("swept %+v, %v; want %+v", got, err, want)
	}
}

func count(t *testing.T, blobs blob.Store) (n int) {
	t.Helper()
	if err := blobs.Walk(t.Context(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// A blob that cannot be deleted does not keep what was discarded after it.
func TestSweepGoesOn(t *testing.T) {
	now := time.Now()
	var failures atomic.Int64 // that are to come; blobs are deleted several at a time
	failures.Store(1)
	blobs := blobtest.Faulty(blobmemory.New(), func(m blobtest.Method) (before, after error) {
		if m == blobtest.Delete && failures.Add(-1) >= 0 {
			return errInjected, nil
		}
		return nil, nil
	})
	s := open(t, func(c *objectstore.Config) { c.Blobs, c.Now = blobs, func() time.Time { return now } })
	b := bucket(t, s, "demo")
	for range 4 {
		put(t, s, b, "k", "content")
		now = now.Add(time.Second)
	}
	now = now.Add(time.Hour)
	if got, err := s.Sweep(t.Context()); !errors.Is(err, errInjected) || got.Garbage != 2 {
		t.Errorf("swept %+v, %v; want 2 of 3", got, err)
	}
	sweep(t, s, objectstore.Swept{Garbage: 1})
	for range 3 { // orphans, which no row names
		w, err := blobs.Create(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(48 * time.Hour)
	failures.Store(1)
	if got, err := s.Sweep(t.Context()); !errors.Is(err, errInjected) || got.Orphans != 2 {
		t.Errorf("swept %+v, %v; want 2 of 3 orphans", got, err)
	}
	sweep(t, s, objectstore.Swept{Orphans: 1})
	failures.Store(1 << 30)
	for range 50 {
		put(t, s, b, "k", "content")
	}
	now = now.Add(time.Hour)
	if got, err := s.Sweep(t.Context()); !errors.Is(err, errInjected) || got.Garbage != 0 {
		t.Errorf("swept %+v, %v; want nothing", got, err)
	}
	if tries := 1<<30 - failures.Load(); tries > 10 {
		t.Errorf("%d tries of a store that deletes nothing", tries)
	}
}

// An upload is abandoned when no part came for it, and not while parts come.
func TestSweepEndsAbandonedUploads(t *testing.T) {
	now := time.Now()
	blobs := blobmemory.New()
	s := open(t, func(c *objectstore.Config) {
		c.Blobs, c.Now, c.UploadAge, c.OrphanAge = blobs, func() time.Time { return now }, time.Hour, 1000*time.Hour
	})
	b := bucket(t, s, "demo")
	idle := initiate(t, s, b, objectstore.Upload{Key: "idle"})
	putPart(t, s, b, idle, 1, "x")
	now = now.Add(30 * time.Minute)
	busy := initiate(t, s, b, objectstore.Upload{Key: "busy"})
	now = now.Add(45 * time.Minute)
	putPart(t, s, b, busy, 1, "y")
	sweep(t, s, objectstore.Swept{Uploads: 1})
	now = now.Add(30 * time.Minute) // the busy one was initiated long ago, its part came just now
	sweep(t, s, objectstore.Swept{Garbage: 1})
	_, err := s.Upload(t.Context(), "demo", "idle", idle.ID)
	wantKind(t, err, objectstore.NoSuchUpload)
	if _, err := s.Upload(t.Context(), "demo", "busy", busy.ID); err != nil {
		t.Error(err)
	}
	if n := count(t, blobs); n != 1 {
		t.Errorf("%d blobs are left, want 1", n)
	}
}
