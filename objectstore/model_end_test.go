package objectstore_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/objectstore"
)

// finish ends a run: nothing may be lost, and nothing may be left.
func (w *world) finish() {
	for len(w.readers) > 0 {
		w.readOn()
	}
	wantSound(w.T, w.s)
	w.sweepAll()
	w.readAll()
	w.wantBlobs()
	wantSound(w.T, w.s)
	for _, b := range w.buckets {
		w.emptyBucket(b)
	}
	wantSound(w.T, w.s)
	w.must(w.rows.Update(w.Context(), []meta.Lock{meta.Exclusive("S")}, func(tx meta.Tx) error { return tx.Delete([]byte("S")) }))
	w.sweepAll()
	w.wantBlobs()
	wantOnlyBuckets(w.T, w.rows)
	for _, b := range w.buckets {
		w.must(w.s.DeleteBucket(w.Context(), b.Bucket))
	}
	if left := allRows(w.T, w.rows, nil); len(left) > 0 {
		w.fail("rows are left: %q", left)
	}
}

// sweepAll frees whatever may be freed: a pass that ends abandoned uploads has
// only discarded their parts, and another one must follow.
func (w *world) sweepAll() {
	for more := true; more; {
		w.now = w.now.Add(time.Hour) // the clock may have gone back a little since the last deletion
		more = w.abandon(w.now.Add(-modelUploadAge)) > 0
		if _, err := w.s.Sweep(w.Context()); err != nil {
			w.fail("sweep: %v", err)
		}
	}
}

// readAll reads every version that there is.
func (w *world) readAll() {
	for _, b := range w.buckets {
		for _, key := range b.sorted() {
			for _, v := range b.keys[key] {
				if !v.marker {
					w.read(b, w.look(b, key, v), v.content, 0)
				}
			}
		}
	}
}

// wantBlobs checks that the blobs are those that the model refers to, no more
// and no less, and that each has its reference row.
func (w *world) wantBlobs() {
	w.Helper()
	for _, kind := range []string{"G", "H"} {
		if garbage := allRows(w.T, w.rows, []byte(kind)); len(garbage) > 0 {
			w.fail("after sweeping there is garbage: %q", garbage)
		}
	}
	want := 0
	for _, b := range w.buckets {
		for _, all := range b.keys {
			for _, v := range all {
				want += v.blobs
			}
		}
	}
	for _, u := range w.uploads {
		want += len(u.parts)
	}
	blobs := allBlobs(w.T, w.blobs)
	if len(blobs) != want {
		w.fail("there are %d blobs, want %d", len(blobs), want)
	}
	referred := allRows(w.T, w.rows, []byte("R"))
	for i, row := range referred {
		referred[i] = row[1:]
	}
	if !slices.Equal(referred, blobs) {
		w.fail("blobs  %q\nreferred %q", blobs, referred)
	}
}

// emptyBucket deletes everything, in batches, and aborts what is under way.
func (w *world) emptyBucket(b *modelBucket) {
	var all []objectstore.Deletion
	for _, e := range b.versions() {
		all = append(all, objectstore.Deletion{Key: e.key, Version: e.id})
	}
	w.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for some := range slices.Chunk(all, 10) {
		w.deleteAll(b, some)
		w.find()
	}
	for _, u := range slices.Clone(w.uploads) {
		if u.modelBucket == b {
			w.must(w.s.AbortUpload(w.Context(), b.Bucket, u.key, u.id))
			w.end(u)
		}
	}
}

// wantOnlyBuckets checks that there is no row but those of the buckets themselves.
func wantOnlyBuckets(t testing.TB, rows meta.Store) {
	t.Helper()
	for _, key := range allRows(t, rows, nil) {
		if key[0] != 'O' && (key[0] != 'B' || key[len(key)-1] != 0) {
			t.Errorf("row %q is left", key)
		}
	}
}

// allRows returns the keys that begin with a prefix.
func allRows(t testing.TB, rows meta.Store, prefix []byte) (keys []string) {
	t.Helper()
	if err := rows.View(t.Context(), func(s meta.Snapshot) error {
		for row, err := range s.Scan(prefix, meta.PrefixEnd(prefix)) {
			if err != nil {
				return err
			}
			keys = append(keys, string(row.Key))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return keys
}

// allBlobs returns the names of the blobs, sorted.
func allBlobs(t testing.TB, blobs blob.Store) []string {
	t.Helper()
	names := map[string]bool{}
	if err := blobs.Walk(t.Context(), time.Now().AddDate(100, 0, 0), func(ref blob.Ref, _ int64) error {
		names[string(ref)] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(names))
}
