package objectstore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ossd/objectstore"
)

func incoming(content string) objectstore.Incoming {
	return objectstore.Incoming{Body: strings.NewReader(content), Size: int64(len(content))}
}

// content is short, and unlike any other but when it is empty.
func (w *world) content() string {
	if w.oneIn(8) {
		return ""
	}
	return strings.Repeat(pick(w, keyParts), w.random.IntN(20)) + fmt.Sprint(w.next())
}

// much is what contents that may be a part before others are cut out of.
var much = func() string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, objectstore.MinPartSize+64)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	return string(text)
}()

func (w *world) bigContent() string {
	return much[w.random.IntN(32):][:objectstore.MinPartSize+w.random.IntN(32)]
}

func (w *world) properties() (p objectstore.Properties) {
	if w.oneIn(2) {
		p.Metadata = []objectstore.Header{{Name: "color", Value: fmt.Sprintf("\xff%d", w.random.IntN(5))}, {Name: "empty"}}
	}
	if w.oneIn(3) {
		p.Tags = []objectstore.Header{{Name: "蓝", Value: fmt.Sprint(w.random.IntN(5))}}
	}
	if w.oneIn(4) {
		p.ACL = objectstore.PublicRead
	}
	if w.oneIn(6) {
		p.StorageClass = pick(w, []objectstore.StorageClass{objectstore.IA, objectstore.Archive})
	}
	return p
}

func (w *world) bucket() *modelBucket { return pick(w, w.buckets) }

func (w *world) put() {
	b, key, content := w.bucket(), pick(w, w.keys), w.content()
	p := objectstore.Put{Bucket: b.Bucket, Key: key, Incoming: incoming(content), Properties: w.properties(), ForbidOverwrite: w.oneIn(8)}
	o, err := w.s.PutObject(w.Context(), p)
	w.did("put %s %q: %d bytes, version %q", b.Name, key, len(content), o.VersionID)
	if w.refused(err, b.forbids(key, p.ForbidOverwrite)) {
		return
	}
	v := w.made(b, p.Properties)
	v.id, v.kind, v.etag, v.sum, v.blobs = w.fresh(b, o.VersionID), objectstore.Normal, md5Hex(content), md5Hex(content), 1
	v.contains(content)
	b.install(key, v)
	w.same(&o, key, v)
}

func (w *world) putSymlink() {
	b, key := w.bucket(), pick(w, w.keys)
	p := objectstore.PutLink{Bucket: b.Bucket, Key: key, Target: pick(w, w.keys), Properties: w.properties(), ForbidOverwrite: w.oneIn(8)}
	o, err := w.s.PutSymlink(w.Context(), p)
	w.did("link %s %q to %q: version %q", b.Name, key, p.Target, o.VersionID)
	if w.refused(err, b.forbids(key, p.ForbidOverwrite)) {
		return
	}
	v := w.made(b, p.Properties)
	v.id, v.kind, v.target, v.etag = w.fresh(b, o.VersionID), objectstore.Symlink, p.Target, md5Hex(p.Target)
	b.install(key, v)
	w.same(&o, key, v)
}

func (w *world) append() {
	b, key, content := w.bucket(), pick(w, w.keys), w.content()
	if w.oneIn(3) { // few keys, so that some objects grow
		key = w.keys[w.random.IntN(3)]
	}
	a := objectstore.Append{Bucket: b.Bucket, Key: key, Incoming: incoming(content), Properties: w.properties(), ForbidOverwrite: w.oneIn(12)}
	old := b.current(key)
	if old != nil {
		a.Position = int64(len(old.content))
	}
	if w.oneIn(6) {
		a.Position = int64(w.random.IntN(30))
	}
	o, err := w.s.AppendObject(w.Context(), a)
	w.did("append %s %q at %d: %d bytes, version %q, %v", b.Name, key, a.Position, len(content), o.VersionID, err)
	if w.refused(err, b.refusesAppend(key, a)) {
		return
	}
	if old == nil {
		old = w.made(b, a.Properties)
		old.kind, old.id = objectstore.Appendable, w.fresh(b, o.VersionID)
		b.install(key, old)
	} else if a.ACL != "" {
		old.acl = a.ACL
	}
	old.grow(content, w.now)
	if old.etag == o.ETag != (content == "" && len(old.etag) > 0) || !strings.HasSuffix(o.ETag, "00000000") {
		w.fail("an append of %d bytes makes of the ETag %q %q", len(content), old.etag, o.ETag)
	}
	old.etag = o.ETag // nobody can say what it is, but that it changes with the content
	w.same(&o, key, old)
}

func (v *version) grow(content string, now time.Time) {
	v.contains(v.content + content)
	v.modified = now
	if content != "" {
		v.blobs++
	}
}

func (b *modelBucket) refusesAppend(key string, a objectstore.Append) objectstore.Kind {
	v := b.current(key)
	switch {
	case v == nil && a.Position == 0:
		return 0
	case v == nil:
		return objectstore.PositionMismatch
	case v.kind != objectstore.Appendable:
		return objectstore.NotAppendable
	case a.Position == 0 && b.forbids(key, a.ForbidOverwrite) != 0:
		return objectstore.FileAlreadyExists
	case a.Position != int64(len(v.content)):
		return objectstore.PositionMismatch
	}
	return 0
}

// source is an object to be copied: mostly the current one of its key, else some version.
func (w *world) source() (b *modelBucket, key string, v *version) {
	b, key = w.bucket(), pick(w, w.keys)
	v = b.current(key)
	if all := b.keys[key]; len(all) > 0 && w.oneIn(3) {
		v = pick(w, all)
	}
	if v == nil || v.marker {
		return nil, "", nil
	}
	return b, key, v
}

// look finds a version, as a request does before it copies or reads.
func (w *world) look(b *modelBucket, key string, v *version) *objectstore.Object {
	w.Helper()
	found, err := w.s.Find(w.Context(), b.Name, key, v.name())
	w.must(err)
	if found.Object == nil {
		w.fail("version %q of %s %q is not there", v.name(), b.Name, key)
	}
	w.same(found.Object, key, v)
	return found.Object
}

func (w *world) copy() {
	from, source, v := w.source()
	if v == nil {
		return
	}
	b, key := w.bucket(), pick(w, w.keys)
	if w.oneIn(3) {
		b, key = from, source
	}
	c := objectstore.Copy{From: from.Bucket, Source: w.look(from, source, v), KeepMetadata: w.oneIn(2), KeepTags: w.oneIn(2)}
	c.Put = objectstore.Put{Bucket: b.Bucket, Key: key, Properties: w.properties(), ForbidOverwrite: w.oneIn(8)}
	o, err := w.s.CopyObject(w.Context(), c)
	w.did("copy %s %q version %q to %s %q: version %q, %v", from.Name, source, v.name(), b.Name, key, o.VersionID, err)
	if w.refused(err, w.refusesCopy(from, source, v, c)) {
		return
	}
	onto := b == from && key == source && b.Versioning == objectstore.Unversioned
	n := w.made(b, c.Properties)
	if c.KeepMetadata && !onto {
		n.color = v.color
	}
	if c.KeepTags {
		n.tags = v.tags
	}
	n.kind, n.etag, n.sum, n.target = v.kind, v.etag, v.sum, v.target
	n.contains(v.content)
	switch {
	case onto:
		n.blobs = v.blobs
	case v.kind != objectstore.Symlink:
		n.blobs = 1
	}
	n.id = w.fresh(b, o.VersionID)
	b.install(key, n)
	w.same(&o, key, n)
}

func (w *world) refusesCopy(from *modelBucket, source string, v *version, c objectstore.Copy) objectstore.Kind {
	b := w.named(c.Bucket.Name)
	forbidden := b.forbids(c.Key, c.ForbidOverwrite)
	onto := b == from && c.Key == source && b.Versioning == objectstore.Unversioned
	switch {
	case onto && forbidden != 0:
		return forbidden
	case !onto && v.kind == objectstore.Symlink:
		return forbidden
	case !onto && v.kind == objectstore.Appendable:
		return objectstore.AppendableSource
	case !v.readable(w.now):
		return objectstore.InvalidObjectState
	}
	return forbidden
}

func (w *world) named(bucket string) *modelBucket {
	return w.buckets[slices.IndexFunc(w.buckets, func(b *modelBucket) bool { return b.Name == bucket })]
}

// wanted is a version id for a request: none, one of the key's, or one that the key does not have.
func (w *world) wanted(b *modelBucket, key string) string {
	switch all := b.keys[key]; {
	case w.oneIn(3):
		return ""
	case w.oneIn(8):
		return pick(w, []string{objectstore.NullVersion, "CAEQ00000000000000ff000000000000", "CAEQ", "x", "CAEQffffffffffffffffffffffffffff"})
	case len(all) == 0 || w.oneIn(8):
		other := w.bucket()
		for _, k := range other.sorted() {
			return other.keys[k][0].name()
		}
		return objectstore.NullVersion
	default:
		return pick(w, all).name()
	}
}

func (w *world) setACL() {
	acl := pick(w, []objectstore.ACL{objectstore.Private, objectstore.PublicRead, objectstore.DefaultACL})
	w.change("ACL", func(b *modelBucket, key, version string) (objectstore.Object, error) {
		return w.s.SetObjectACL(w.Context(), b.Bucket, key, version, acl)
	}, func(v *version) { v.acl = acl })
}

func (w *world) setTags() {
	var tags []objectstore.Header
	if w.oneIn(2) {
		tags = []objectstore.Header{{Name: "t", Value: fmt.Sprint(w.random.IntN(9))}, {Name: "u", Value: ""}}
	}
	w.change("tags", func(b *modelBucket, key, version string) (objectstore.Object, error) {
		return w.s.SetObjectTags(w.Context(), b.Bucket, key, version, tags)
	}, func(v *version) { v.tags = text(tags) })
}

// change changes some version in place.
func (w *world) change(what string, do func(b *modelBucket, key, version string) (objectstore.Object, error), then func(*version)) {
	b, key := w.bucket(), pick(w, w.keys)
	id := w.wanted(b, key)
	o, err := do(b, key, id)
	w.did("%s of %s %q version %q: %v", what, b.Name, key, id, err)
	v := b.version(key, id)
	if w.refused(err, absent(v, id)) {
		return
	}
	then(v)
	w.same(&o, key, v)
}

// absent is the refusal where there is no version, or a delete marker.
func absent(v *version, id string) objectstore.Kind {
	switch {
	case v == nil && id != "":
		return objectstore.NoSuchVersion
	case v == nil || v.marker:
		return objectstore.NoSuchKey
	}
	return 0
}

const modelRestoreDelay = 20 * time.Second // the store's own, when it is not configured

func (w *world) restore() {
	b, key := w.bucket(), pick(w, w.keys)
	id, keep := w.wanted(b, key), time.Duration(1+w.random.IntN(3))*time.Hour
	v := b.version(key, id)
	want := absent(v, id)
	frozen := false
	if want == 0 {
		frozen = v.restore.Ready.IsZero() || !w.now.Before(v.restore.Expiry)
		switch {
		case v.class != objectstore.Archive:
			want = objectstore.NotArchived
		case !frozen && w.now.Before(v.restore.Ready):
			want = objectstore.RestoreInProgress
		}
	}
	o, started, err := w.s.RestoreObject(w.Context(), b.Bucket, key, id, keep)
	w.did("restore %s %q version %q for %v: started %t, %v", b.Name, key, id, keep, started, err)
	if w.refused(err, want) {
		return
	}
	if started != frozen {
		w.fail("restoring started: %t", started)
	}
	if frozen {
		v.restore.Ready = w.now.Add(modelRestoreDelay)
		v.restore.Expiry = v.restore.Ready.Add(keep)
	} else if later := w.now.Add(keep); later.After(v.restore.Expiry) {
		v.restore.Expiry = later
	}
	w.same(&o, key, v)
}

func (w *world) setVersioning() {
	b := w.bucket()
	state := pick(w, []objectstore.Versioning{objectstore.Enabled, objectstore.Suspended})
	if b.Versioning == objectstore.Unversioned && !w.oneIn(3) {
		return // without versions for a good while
	}
	w.did("versioning of %s: %s", b.Name, state)
	w.must(w.s.SetVersioning(w.Context(), b.Bucket, state))
	b.Versioning = state
	got, err := w.s.Bucket(w.Context(), b.Name)
	w.must(err)
	if got != b.Bucket {
		w.fail("bucket %+v, want %+v", got, b.Bucket)
	}
}
