package objectstore_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/objectstore"
)

// arena is a store whose clock tests move, and where nothing may be left.
type arena struct {
	*testing.T
	s     *objectstore.Store
	rows  meta.Store
	blobs blob.Store
	past  atomic.Int64 // how far the clock has been moved
}

func newArena(t *testing.T) *arena {
	a := &arena{T: t, rows: metamemory.New()}
	clock := func() time.Time { return time.Now().Add(time.Duration(a.past.Load())) }
	a.blobs = blobmemory.Open(blobmemory.Config{Now: clock})
	a.s = objectstore.New(objectstore.Config{Rows: a.rows, Blobs: a.blobs, Now: clock, Grace: time.Minute, OrphanAge: time.Hour})
	return a
}

// wantBlobs sweeps, and checks how many blobs are left and that each is referred to.
func (a *arena) wantBlobs(want int) {
	a.Helper()
	a.past.Add(int64(2 * time.Hour))
	if _, err := a.s.Sweep(a.Context()); err != nil {
		a.Fatal(err)
	}
	blobs, referred := allBlobs(a.T, a.blobs), allRows(a.T, a.rows, []byte("R"))
	if len(blobs) != want || len(referred) != want {
		a.Fatalf("%d blobs, %d referred to, want %d", len(blobs), len(referred), want)
	}
}

func is(err error, kind objectstore.Kind) bool { return errors.Is(err, &objectstore.Error{Kind: kind}) }

// together runs functions at the same time.
func together(all ...func()) {
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(f)
	}
	wg.Wait()
}

// An upload ends once, whoever wants it to end, and takes no part after that;
// its bucket stays while there is something in it.
func TestUploadEndsOnce(t *testing.T) {
	a := newArena(t)
	ended := map[bool]int{}
	for range 150 {
		b := bucket(t, a.s, "demo")
		u := initiate(t, a.s, b, objectstore.Upload{Key: "k"})
		kept := putPart(t, a.s, b, u, 1, "kept")
		var completed [2]objectstore.Object
		var completeErr [2]error
		var abortErr, partErr, deleteErr error
		complete := func(i int) func() {
			return func() {
				completed[i], completeErr[i] = a.s.CompleteUpload(t.Context(), objectstore.Complete{
					Bucket: b, Key: "k", Upload: u.ID, Parts: []objectstore.NamedPart{{Number: 1, ETag: kept.ETag}},
				})
			}
		}
		together(complete(0), complete(1),
			func() { abortErr = a.s.AbortUpload(t.Context(), b, "k", u.ID) },
			func() {
				_, partErr = a.s.PutPart(t.Context(), objectstore.PutPart{Bucket: b, Key: "k", Upload: u.ID, Number: 2, Incoming: incoming("late")})
			},
			func() { deleteErr = a.s.DeleteBucket(t.Context(), b) })

		won := 0
		for _, err := range []error{completeErr[0], completeErr[1], abortErr} {
			switch {
			case err == nil:
				won++
			case !is(err, objectstore.NoSuchUpload) && !is(err, objectstore.NoSuchBucket):
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d ended the upload: %v, %v, %v", won, completeErr[0], completeErr[1], abortErr)
		}
		if partErr != nil && !is(partErr, objectstore.NoSuchUpload) && !is(partErr, objectstore.NoSuchBucket) {
			t.Fatalf("part: %v", partErr)
		}
		ended[abortErr == nil]++
		if abortErr != nil {
			if !is(deleteErr, objectstore.BucketNotEmpty) && !is(deleteErr, objectstore.BucketHasUploads) {
				t.Fatalf("the bucket of an object: %v", deleteErr)
			}
			if content, _, _, err := get(t.Context(), a.s, "demo", "k"); content != "kept" || err != nil {
				t.Fatalf("the object reads %q, %v", content, err)
			}
			a.wantBlobs(1)
			remove(t, a.s, b, objectstore.Deletion{Key: "k"})
		}
		if deleteErr != nil {
			if err := a.s.DeleteBucket(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		a.wantBlobs(0)
		if left := allRows(t, a.rows, nil); len(left) > 0 {
			t.Fatalf("rows are left: %q", left)
		}
	}
	if len(ended) < 2 {
		t.Logf("always the same one came first: %v", ended)
	}
}

// Of parts of one number that come together one stays, whole, and no blob of the others.
func TestPartsOfOneNumber(t *testing.T) {
	for _, sequential := range []bool{false, true} {
		a := newArena(t)
		b := bucket(t, a.s, "demo")
		u := initiate(t, a.s, b, objectstore.Upload{Key: "k", Sequential: sequential})
		putPart(t, a.s, b, u, 1, much[:objectstore.MinPartSize])
		for range 50 {
			var put []func()
			for _, content := range []string{"one", "two", "three", "four"} {
				put = append(put, func() { putPart(t, a.s, b, u, 2, content) })
			}
			together(put...)
		}
		a.wantBlobs(2)
		page, err := a.s.Parts(t.Context(), "demo", "k", u.ID, 1, 10)
		if err != nil || len(page.Parts) != 1 {
			t.Fatalf("parts %+v, %v", page.Parts, err)
		}
		o := completeAll(t, a.s, b, u)
		content, err := readAll(t.Context(), a.s, "demo", &o)
		if err != nil || md5Hex(content[objectstore.MinPartSize:]) != page.Parts[0].ETag {
			t.Errorf("the part of ETag %s reads %q, %v", page.Parts[0].ETag, content[objectstore.MinPartSize:], err)
		}
		if sequential && md5Hex(content) != seenOf(&o).sum {
			t.Errorf("the MD5 of the whole is another: %s", seenOf(&o).sum)
		}
	}
}

// Of appends at one position one is made; the others are told how long the object is.
func TestAppendsAtOnePosition(t *testing.T) {
	a := newArena(t)
	b := bucket(t, a.s, "demo")
	for position := int64(0); position < 300; position += 3 {
		var won atomic.Int32
		var appends []func()
		for range 4 {
			appends = append(appends, func() {
				_, err := a.s.AppendObject(t.Context(), objectstore.Append{Bucket: b, Key: "k", Position: position, Incoming: incoming("abc")})
				var rule *objectstore.Error
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &rule) || rule.Kind != objectstore.PositionMismatch || rule.Position != position+3:
					t.Error(err)
				}
			})
		}
		if together(appends...); won.Load() != 1 {
			t.Fatalf("%d appends at %d", won.Load(), position)
		}
	}
	if content, _, _, err := get(t.Context(), a.s, "demo", "k"); content != strings.Repeat("abc", 100) || err != nil {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	a.wantBlobs(100)
}

// A content of several blobs that is being read is not freed, however long that
// takes, and is freed after that.
func TestSweepSparesReaders(t *testing.T) {
	a := newArena(t)
	b := bucket(t, a.s, "demo")
	var want strings.Builder
	for i := range 1500 { // more than a reader knows of at a time
		content := strings.Repeat("x", i%3)
		appendTo(t, a.s, b, "k", int64(want.Len()), content)
		want.WriteString(content)
	}
	found, err := a.s.Find(t.Context(), "demo", "k", "")
	if err != nil {
		t.Fatal(err)
	}
	open := func(offset int64) objectstore.Content {
		r, err := a.s.Open(t.Context(), "demo", found.Object, offset, -1)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	readers := []objectstore.Content{open(0), open(0), open(700)}
	remove(t, a.s, b, objectstore.Deletion{Key: "k"})
	sweeping := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-sweeping:
				return
			default:
				a.past.Add(int64(time.Hour))
				if _, err := a.s.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for i, r := range readers {
		got, err := io.ReadAll(r)
		if rest := want.String()[[]int{0, 0, 700}[i]:]; string(got) != rest || err != nil {
			t.Errorf("reader %d: %d bytes of %d, %v", i, len(got), len(rest), err)
		}
		r.Close()
		r.Close() // which is no second end
	}
	close(sweeping)
	wg.Wait()
	a.wantBlobs(0)
	wantOnlyBuckets(t, a.rows)
	_, err = a.s.Open(t.Context(), "demo", found.Object, 0, -1)
	wantKind(t, err, objectstore.NoSuchKey)
}

// A bucket that is replaced while something is on its way into it gets none of it.
func TestBucketReplacedMeanwhile(t *testing.T) {
	a := newArena(t)
	old := bucket(t, a.s, "demo")
	u := initiate(t, a.s, old, objectstore.Upload{Key: "k"})
	replaced := false
	replace := func() error {
		if replaced {
			return nil
		}
		replaced = true
		if err := a.s.AbortUpload(t.Context(), old, "k", u.ID); err != nil {
			return err
		}
		if err := a.s.DeleteBucket(t.Context(), old); err != nil {
			return err
		}
		bucket(t, a.s, "demo")
		return nil
	}
	in := func() objectstore.Incoming {
		i := incoming("content")
		i.Confirm = replace
		return i
	}
	_, err := a.s.PutPart(t.Context(), objectstore.PutPart{Bucket: old, Key: "k", Upload: u.ID, Number: 1, Incoming: in()})
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = a.s.PutObject(t.Context(), objectstore.Put{Bucket: old, Key: "k", Incoming: in()})
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = a.s.AppendObject(t.Context(), objectstore.Append{Bucket: old, Key: "k", Incoming: in()})
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = a.s.NewUpload(t.Context(), old, objectstore.Upload{Key: "k"}, false)
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = a.s.PutSymlink(t.Context(), objectstore.PutLink{Bucket: old, Key: "k", Target: "t"})
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = a.s.CompleteUpload(t.Context(), objectstore.Complete{Bucket: old, Key: "k", Upload: u.ID, All: true})
	wantKind(t, err, objectstore.NoSuchBucket)
	wantKind(t, a.s.AbortUpload(t.Context(), old, "k", u.ID), objectstore.NoSuchBucket)
	wantKind(t, a.s.SetVersioning(t.Context(), old, objectstore.Enabled), objectstore.NoSuchBucket)
	a.wantBlobs(0)
	wantOnlyBuckets(t, a.rows)
}
