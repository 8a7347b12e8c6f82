package objectstore_test

import (
	"slices"

	"ossd/objectstore"
)

func (w *world) delete() {
	b, key := w.bucket(), pick(w, w.keys)
	w.deleteAll(b, []objectstore.Deletion{{Key: key}})
}

func (w *world) deleteVersion() {
	b, key := w.bucket(), pick(w, w.keys)
	if all := b.keys[key]; len(all) > 0 && !w.oneIn(4) {
		w.deleteAll(b, []objectstore.Deletion{{Key: key, Version: pick(w, all).name()}})
		return
	}
	w.deleteAll(b, []objectstore.Deletion{{Key: key, Version: w.wanted(b, key)}})
}

// deleteBatch deletes several at once, among them the same more than once.
func (w *world) deleteBatch() {
	b := w.bucket()
	var all []objectstore.Deletion
	for range 1 + w.random.IntN(6) {
		key := pick(w, w.keys)
		all = append(all, objectstore.Deletion{Key: key, Version: w.wanted(b, key)})
		if w.oneIn(3) {
			all = append(all, pick(w, all))
		}
	}
	w.deleteAll(b, all)
}

func (w *world) deleteAll(b *modelBucket, all []objectstore.Deletion) {
	w.Helper()
	done, err := w.s.DeleteObjects(w.Context(), b.Bucket, all)
	w.did("delete %s %q: %q", b.Name, all, done)
	w.must(err)
	if len(done) != len(all) {
		w.fail("%d of %d were done", len(done), len(all))
	}
	for i, d := range all {
		if done[i].Deletion != d {
			w.fail("%+v answers %+v", done[i], d)
		}
		w.deleteOne(b, d, done[i].Marker)
	}
}

// deleteOne deletes in the model; marker is what the store said of one.
func (w *world) deleteOne(b *modelBucket, d objectstore.Deletion, marker string) {
	w.Helper()
	want := ""
	switch {
	case d.Version != "":
		if v := b.version(d.Key, d.Version); v != nil && v.marker {
			want = v.name()
		}
		b.remove(d.Key, d.Version)
	case b.Versioning == objectstore.Unversioned:
		w.remove(b, d.Key, "")
	default:
		id := marker
		if want = marker; b.Versioning == objectstore.Suspended {
			id, want = "", objectstore.NullVersion
		}
		w.remove(b, d.Key, w.fresh(b, id))
	}
	if marker != want {
		w.fail("deleting %+v: the marker is %q, want %q", d, marker, want)
	}
}

// deleteFullBucket is refused, and only what is empty goes.
func (w *world) deleteFullBucket() {
	b := w.bucket()
	want := objectstore.Kind(0)
	if slices.ContainsFunc(w.uploads, func(u *modelUpload) bool { return u.modelBucket == b }) {
		want = objectstore.BucketHasUploads
	}
	if len(b.keys) > 0 {
		want = objectstore.BucketNotEmpty
	}
	err := w.s.DeleteBucket(w.Context(), b.Bucket)
	w.did("delete bucket %s: %v", b.Name, err)
	if w.refused(err, want) {
		return
	}
	old := b.Bucket
	_, err = w.s.PutObject(w.Context(), objectstore.Put{Bucket: old, Key: "k", Incoming: incoming("x")})
	w.refused(err, objectstore.NoSuchBucket)
	b.Bucket, err = w.s.CreateBucket(w.Context(), objectstore.Bucket{Name: old.Name, Owner: old.Owner})
	w.must(err)
	_, err = w.s.PutObject(w.Context(), objectstore.Put{Bucket: old, Key: "k", Incoming: incoming("x")})
	w.refused(err, objectstore.NoSuchBucket)
}
