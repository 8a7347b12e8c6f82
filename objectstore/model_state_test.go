package objectstore_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"maps"
	"slices"
	"strings"
	"time"

	"ossd/objectstore"
)

// version is what the model knows of a version of an object, or of a delete marker.
type version struct {
	serial   int // no two versions are alike in it
	id       string
	marker   bool
	content  string
	kind     objectstore.ObjectType
	etag     string
	crc      uint64
	sum      string // MD5 in hex, where it is known
	modified time.Time
	class    objectstore.StorageClass
	acl      objectstore.ACL
	color    string // the metadata
	tags     string
	target   string
	restore  objectstore.Restore
	blobs    int // how many hold the content
}

type modelBucket struct {
	objectstore.Bucket
	keys map[string][]*version // the newest first; no key without one
}

// current is a key's object, nil if there is none.
func (b *modelBucket) current(key string) *version {
	if all := b.keys[key]; len(all) > 0 && !all[0].marker {
		return all[0]
	}
	return nil
}

// version finds one by its id; "" names the current one, if that is an object.
func (b *modelBucket) version(key, id string) *version {
	if id == "" {
		return b.current(key)
	}
	for _, v := range b.keys[key] {
		if v.name() == id {
			return v
		}
	}
	return nil
}

// install puts a version before the others, in the way of the bucket's versioning.
func (b *modelBucket) install(key string, v *version) {
	switch {
	case b.Versioning == objectstore.Unversioned:
		b.keys[key] = nil
	case v.id == "":
		b.remove(key, objectstore.NullVersion)
	}
	b.keys[key] = append([]*version{v}, b.keys[key]...)
}

func (b *modelBucket) remove(key, id string) {
	b.keys[key] = slices.DeleteFunc(b.keys[key], func(v *version) bool { return v.name() == id })
	if len(b.keys[key]) == 0 {
		delete(b.keys, key)
	}
}

// delete removes a key's object, or puts a delete marker with an id before it.
func (w *world) remove(b *modelBucket, key, id string) {
	if b.Versioning == objectstore.Unversioned {
		delete(b.keys, key)
		return
	}
	b.install(key, &version{serial: w.next(), id: id, marker: true, modified: w.now})
}

// forbids is the refusal of a write that must not overwrite.
func (b *modelBucket) forbids(key string, forbid bool) objectstore.Kind {
	if forbid && b.Versioning == objectstore.Unversioned && b.current(key) != nil {
		return objectstore.FileAlreadyExists
	}
	return 0
}

// sorted returns the bucket's keys in their order.
func (b *modelBucket) sorted() []string { return slices.Sorted(maps.Keys(b.keys)) }

func (v *version) name() string {
	if v.id == "" {
		return objectstore.NullVersion
	}
	return v.id
}

func (v *version) readable(now time.Time) bool {
	return v.class != objectstore.Archive || !v.restore.Ready.IsZero() && !now.Before(v.restore.Ready) && now.Before(v.restore.Expiry)
}

// next is a number that nothing had before.
func (w *world) next() int { w.serial++; return w.serial }

// fresh checks the id of a version that was just made: there is one where
// versions are kept and it was never seen before, else there is none.
func (w *world) fresh(b *modelBucket, id string) string {
	w.Helper()
	if keeps := b.Versioning == objectstore.Enabled; keeps == (id == "") || w.ids[id] {
		w.fail("bucket with versioning %q: a new version has the id %q", b.Versioning, id)
	}
	w.ids[id] = id != ""
	return id
}

// made is a new version with what a writer says of it.
func (w *world) made(b *modelBucket, p objectstore.Properties) *version {
	v := &version{serial: w.next(), modified: w.now, class: p.StorageClass, acl: p.ACL, color: text(p.Metadata), tags: text(p.Tags)}
	if v.class == "" {
		v.class = b.StorageClass
	}
	if v.acl == "" {
		v.acl = objectstore.DefaultACL
	}
	return v
}

// contains gives a version its content.
func (v *version) contains(content string) {
	v.content, v.crc = content, crc64.Checksum([]byte(content), crc64.MakeTable(crc64.ECMA))
}

func text(hs []objectstore.Header) string {
	var b strings.Builder
	for _, h := range hs {
		fmt.Fprintf(&b, "%s=%s;", h.Name, h.Value)
	}
	return b.String()
}

func md5Hex(content string) string {
	sum := md5.Sum([]byte(content))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// seen is what can be compared of a version.
type seen struct {
	key, id            string
	marker             bool
	size               int64
	etag, sum          string
	crc                uint64
	modified           time.Time
	kind               objectstore.ObjectType
	class              objectstore.StorageClass
	acl                objectstore.ACL
	color, tags, names string
	restore            objectstore.Restore
}

func (v *version) seen(key string) seen {
	return seen{
		key: key, id: v.id, marker: v.marker, size: int64(len(v.content)), etag: v.etag, sum: v.sum, crc: v.crc, modified: v.modified,
		kind: v.kind, class: v.class, acl: v.acl, color: v.color, tags: v.tags, names: v.target, restore: v.restore,
	}
}

func seenOf(o *objectstore.Object) seen {
	return seen{
		key: o.Key, id: o.VersionID, marker: o.DeleteMarker, size: o.Size, etag: o.ETag, sum: strings.ToUpper(hex.EncodeToString(o.MD5())), crc: o.CRC64,
		modified: o.LastModified, kind: o.Type, class: o.StorageClass, acl: o.ACL, color: text(o.Metadata), tags: text(o.Tags), names: o.Target, restore: o.Restore,
	}
}

// same compares what the store says of a version with the model.
func (w *world) same(o *objectstore.Object, key string, v *version) {
	w.Helper()
	if got, want := seenOf(o), v.seen(key); got != want {
		w.fail("got  %+v\nwant %+v", got, want)
	}
}

// modelUpload is a multipart upload.
type modelUpload struct {
	*modelBucket
	key, id    string
	initiated  time.Time
	properties objectstore.Properties
	sequential bool
	parts      map[int]*modelPart
	handle     objectstore.Upload // as the store told it
}

type modelPart struct {
	content, etag string
	modified      time.Time
}

func (u *modelUpload) numbers() []int { return slices.Sorted(maps.Keys(u.parts)) }

// last is the highest number of its parts, 0 if there is none.
func (u *modelUpload) last() int {
	if all := u.numbers(); len(all) > 0 {
		return all[len(all)-1]
	}
	return 0
}

// end moves an upload to those that are no longer there.
func (w *world) end(u *modelUpload) {
	w.uploads = slices.DeleteFunc(w.uploads, func(x *modelUpload) bool { return x == u })
	w.ended = append(w.ended[max(0, len(w.ended)-5):], u)
}

// abandon ends the uploads for which nothing came since an instant.
func (w *world) abandon(since time.Time) (n int) {
	for _, u := range slices.Clone(w.uploads) {
		idle := !u.initiated.After(since)
		for _, p := range u.parts {
			idle = idle && !p.modified.After(since)
		}
		if idle {
			w.end(u)
			n++
		}
	}
	return n
}
