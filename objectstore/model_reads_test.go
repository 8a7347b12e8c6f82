package objectstore_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"strings"

	"ossd/objectstore"
)

// find looks at a key, and reads some of what is there.
func (w *world) find() {
	b, key := w.bucket(), pick(w, w.keys)
	if len(b.keys) > 0 && w.oneIn(2) {
		key = pick(w, b.sorted())
	}
	id := w.wanted(b, key)
	v := b.version(key, id)
	if id == "" && v == nil && len(b.keys[key]) > 0 {
		v = b.keys[key][0]
	}
	found, err := w.s.Find(w.Context(), b.Name, key, id)
	w.did("find %s %q version %q", b.Name, key, id)
	w.must(err)
	if found.Bucket != b.Bucket {
		w.fail("bucket %+v, want %+v", found.Bucket, b.Bucket)
	}
	o := found.Object
	if o == nil {
		o = found.Marker
	}
	if (o == nil) != (v == nil) || (found.Marker != nil) != (v != nil && v.marker) {
		w.fail("found %+v, want %+v", found, v)
	}
	if v == nil {
		return
	}
	w.same(o, key, v)
	if !v.marker {
		offset, length := w.span(len(v.content))
		w.read(b, o, v.content[offset:][:length], offset)
	}
}

// read reads a range in one of three ways.
func (w *world) read(b *modelBucket, o *objectstore.Object, want string, offset int) {
	w.Helper()
	length := int64(len(want))
	if offset+len(want) == int(o.Size) && w.oneIn(2) {
		length = -1
	}
	r, err := w.s.Open(w.Context(), b.Name, o, int64(offset), length)
	w.must(err)
	var got bytes.Buffer
	switch w.random.IntN(3) {
	case 0:
		_, err = io.Copy(&got, struct{ io.Reader }{r})
	case 1:
		_, err = r.WriteTo(&got)
	case 2: // first a little, then the rest
		if _, err = io.CopyN(&got, r, min(int64(len(want)), 7)); err == nil {
			_, err = r.WriteTo(&got)
		}
	}
	w.must(err)
	w.must(r.Close())
	if got.String() != want {
		w.fail("%q, bytes %d+%d: got %d others", o.Key, offset, len(want), got.Len())
	}
}

// openReader is one that stays open while its object is replaced, deleted and swept.
type openReader struct {
	objectstore.Content
	key  string
	rest string // what it must still yield
}

func (w *world) openReader() {
	b, key, v := w.source()
	if v == nil || len(w.readers) > 3 {
		return
	}
	o := w.look(b, key, v)
	r, err := w.s.Open(w.Context(), b.Name, o, 0, -1)
	w.must(err)
	w.did("reader of %s %q version %q", b.Name, key, v.name())
	w.readers = append(w.readers, openReader{r, key, v.content})
}

func (w *world) readOn() {
	if len(w.readers) == 0 {
		return
	}
	at := w.random.IntN(len(w.readers))
	r := &w.readers[at]
	n := w.random.IntN(len(r.rest) + 1)
	got, err := io.ReadAll(io.LimitReader(r, int64(n)))
	w.did("read %d bytes on of %q", n, r.key)
	w.must(err)
	if string(got) != r.rest[:n] {
		w.fail("reading on gives %d other bytes, want %d", len(got), n)
	}
	if r.rest = r.rest[n:]; r.rest != "" && !w.oneIn(3) {
		return
	}
	var rest strings.Builder
	_, err = r.WriteTo(&rest)
	w.must(err)
	w.must(r.Close())
	if rest.String() != r.rest {
		w.fail("the rest of %q is %d other bytes, want %d", r.key, rest.Len(), len(r.rest))
	}
	w.readers = append(w.readers[:at], w.readers[at+1:]...)
}

func (w *world) stat() {
	b := w.bucket()
	want := objectstore.Stat{Classes: map[objectstore.StorageClass]objectstore.ClassStat{}}
	for _, all := range b.keys {
		for _, v := range all {
			if v.modified.After(want.LastModified) {
				want.LastModified = v.modified
			}
			if v.marker {
				want.DeleteMarkers++
				continue
			}
			c := want.Classes[v.class]
			want.Classes[v.class] = objectstore.ClassStat{Objects: c.Objects + 1, Bytes: c.Bytes + int64(len(v.content))}
		}
	}
	for _, u := range w.uploads {
		if u.modelBucket != b {
			continue
		}
		want.Uploads++
		for _, p := range u.parts {
			want.Parts++
			want.PartBytes += int64(len(p.content))
		}
	}
	got, err := w.s.Stat(w.Context(), b.Name)
	w.did("stat %s", b.Name)
	w.must(err)
	if !maps.Equal(got.Classes, want.Classes) {
		w.fail("stat %+v, want %+v", got, want)
	}
	got.Classes, want.Classes = nil, nil
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.fail("stat %+v, want %+v", got, want)
	}
}
