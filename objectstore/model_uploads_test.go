package objectstore_test

import (
	"fmt"
	"slices"
	"strings"

	"ossd/objectstore"
)

func (w *world) initiate() {
	b, key := w.bucket(), pick(w, w.keys)
	if len(w.uploads) > 12 {
		return
	}
	u := &modelUpload{modelBucket: b, key: key, initiated: w.now, properties: w.properties(), sequential: w.oneIn(4), parts: map[int]*modelPart{}}
	forbid := w.oneIn(8)
	got, err := w.s.NewUpload(w.Context(), b.Bucket, objectstore.Upload{Key: key, Properties: u.properties, Sequential: u.sequential}, forbid)
	w.did("initiate %s %q: %s, sequential %t, %v", b.Name, key, got.ID, u.sequential, err)
	if w.refused(err, b.forbids(key, forbid)) {
		return
	}
	if w.ids[got.ID] || got.ID == "" {
		w.fail("the upload has the id %q", got.ID)
	}
	w.ids[got.ID] = true
	u.id, u.handle = got.ID, got
	w.uploads = append(w.uploads, u)
	w.sameUpload(&got, u)
}

func (w *world) sameUpload(got *objectstore.Upload, u *modelUpload) {
	w.Helper()
	v := w.made(u.modelBucket, u.properties)
	if got.ID != u.id || got.Key != u.key || !got.Initiated.Equal(u.initiated) || got.Sequential != u.sequential ||
		got.StorageClass != v.class || text(got.Metadata) != v.color || text(got.Tags) != v.tags {
		w.fail("upload %+v, want %+v", got, u)
	}
}

// upload picks one; ok is false for one that is not there under that key.
func (w *world) upload() (u *modelUpload, key string, ok bool) {
	if len(w.ended) > 0 && w.oneIn(10) {
		u = pick(w, w.ended)
		return u, u.key, false
	}
	if len(w.uploads) == 0 {
		return nil, "", false
	}
	if u = pick(w, w.uploads); w.oneIn(20) {
		return u, u.key + "x", false
	}
	return u, u.key, true
}

// partNumber is low, so that parts are replaced and leave gaps, and now and then no number at all.
func (w *world) partNumber(u *modelUpload) int {
	switch {
	case u.sequential && !w.oneIn(3):
		return u.last() + 1
	case w.oneIn(40):
		return pick(w, []int{-1, 0, objectstore.MaxParts + 1, 1 << 16})
	case w.oneIn(20):
		return objectstore.MaxParts
	}
	return 1 + w.random.IntN(5)
}

// refusesPart is what the rules say of a part that is to come.
func (u *modelUpload) refusesPart(number int, ok, copied bool) objectstore.Kind {
	last := u.last()
	switch {
	case number < 1 || number > objectstore.MaxParts:
		return objectstore.PartNumberRange
	case !ok:
		return objectstore.NoSuchUpload
	case u.sequential && (copied || number != last+1 && (last == 0 || number != last)):
		return objectstore.PartNotSequential
	}
	return 0
}

func (w *world) partContent() string {
	if w.oneIn(3) {
		return w.content()
	}
	return w.bigContent()
}

func (w *world) putPart() {
	u, key, ok := w.upload()
	if u == nil {
		return
	}
	number, content := w.partNumber(u), w.partContent()
	part, err := w.s.PutPart(w.Context(), objectstore.PutPart{Bucket: u.Bucket, Key: key, Upload: u.id, Number: number, Incoming: incoming(content)})
	w.did("part %d of %s: %d bytes, %v", number, u.id, len(content), err)
	if !w.refused(err, u.refusesPart(number, ok, false)) {
		w.keepPart(u, number, content, part)
	}
}

func (w *world) keepPart(u *modelUpload, number int, content string, got objectstore.Part) {
	w.Helper()
	u.parts[number] = &modelPart{content: content, etag: md5Hex(content), modified: w.now}
	w.samePart(got, u, number)
}

func (w *world) samePart(got objectstore.Part, u *modelUpload, number int) {
	w.Helper()
	want := u.parts[number]
	if want == nil || got.Number != number || got.Size != int64(len(want.content)) || got.ETag != want.etag || !got.LastModified.Equal(want.modified) {
		w.fail("part %+v of %s, want number %d, %+v", got, u.id, number, want)
	}
}

func (w *world) copyPart() {
	from, source, v := w.source()
	u, key, ok := w.upload()
	if v == nil || u == nil || v.kind == objectstore.Symlink {
		return
	}
	number := w.partNumber(u)
	offset, length := w.span(len(v.content))
	piece := objectstore.Piece{From: from.Bucket, Source: w.look(from, source, v), Offset: int64(offset), Length: int64(length)}
	part, err := w.s.CopyPart(w.Context(), objectstore.PutPart{Bucket: u.Bucket, Key: key, Upload: u.id, Number: number}, piece)
	w.did("part %d of %s: bytes %d+%d of %s %q version %q, %v", number, u.id, offset, length, from.Name, source, v.name(), err)
	want := u.refusesPart(number, ok, true)
	switch {
	case want != 0:
	case v.kind == objectstore.Appendable:
		want = objectstore.AppendableSource
	case !v.readable(w.now):
		want = objectstore.InvalidObjectState
	}
	if !w.refused(err, want) {
		w.keepPart(u, number, v.content[offset:][:length], part)
	}
}

// span is a range within a content: often all of it.
func (w *world) span(size int) (offset, length int) {
	if w.oneIn(3) {
		return 0, size
	}
	offset = w.random.IntN(size + 1)
	return offset, w.random.IntN(size - offset + 1)
}

func (w *world) abort() {
	u, key, ok := w.upload()
	if u == nil {
		return
	}
	err := w.s.AbortUpload(w.Context(), u.Bucket, key, u.id)
	w.did("abort %s: %v", u.id, err)
	want := objectstore.Kind(0)
	if !ok {
		want = objectstore.NoSuchUpload
	}
	if !w.refused(err, want) {
		w.end(u)
	}
}

func (w *world) complete() {
	u, key, ok := w.upload()
	if u == nil {
		return
	}
	c := objectstore.Complete{Bucket: u.Bucket, Key: key, Upload: u.id, ForbidOverwrite: w.oneIn(8)}
	if c.All = w.oneIn(3); !c.All {
		c.Parts = w.namedParts(u)
	}
	if w.oneIn(3) {
		c.ACL = objectstore.PublicReadWrite
	}
	o, err := w.s.CompleteUpload(w.Context(), c)
	w.did("complete %s, %s %q: all %t, %v: version %q, %v", u.id, u.Name, key, c.All, c.Parts, o.VersionID, err)
	used, want := u.choose(c)
	switch {
	case !ok:
		want = objectstore.NoSuchUpload
	case want == 0:
		want = u.forbids(key, c.ForbidOverwrite)
	}
	if w.refused(err, want) {
		return
	}
	p := u.properties
	p.StorageClass = u.handle.StorageClass
	if c.ACL != "" {
		p.ACL = c.ACL
	}
	v := w.made(u.modelBucket, p)
	v.kind, v.id = objectstore.Multipart, w.fresh(u.modelBucket, o.VersionID)
	u.join(v, used)
	u.install(key, v)
	w.end(u)
	w.same(&o, key, v)
}

// namedParts are those that there are, or some, or not quite those.
func (w *world) namedParts(u *modelUpload) (named []objectstore.NamedPart) {
	for _, number := range u.numbers() {
		if w.oneIn(6) {
			continue
		}
		named = append(named, objectstore.NamedPart{Number: number, ETag: u.parts[number].etag})
	}
	if len(named) == 0 {
		return nil
	}
	switch at := w.random.IntN(len(named)); w.random.IntN(12) {
	case 0:
		named[at].ETag = md5Hex("other")
	case 1:
		named = append(named, named[at])
	case 2:
		named[at].Number += 1 + w.random.IntN(3)
	case 3:
		named = append(named, objectstore.NamedPart{Number: 9999, ETag: named[at].ETag})
	case 4:
		slices.Reverse(named)
	case 5:
		named[at].ETag = strings.ToLower(named[at].ETag)
	}
	return named
}

// choose returns the numbers of the parts that the object is made of.
func (u *modelUpload) choose(c objectstore.Complete) (used []int, want objectstore.Kind) {
	last := 0
	for _, n := range c.Parts {
		if n.Number <= last {
			return nil, objectstore.InvalidPartOrder
		}
		last = n.Number
		if p := u.parts[n.Number]; p == nil || !strings.EqualFold(p.etag, n.ETag) {
			return nil, objectstore.InvalidPart
		}
		used = append(used, n.Number)
	}
	if c.All {
		used = u.numbers()
	}
	if len(used) == 0 && c.All {
		return nil, objectstore.InvalidPart
	}
	for i, number := range used {
		if i < len(used)-1 && len(u.parts[number].content) < objectstore.MinPartSize {
			return nil, objectstore.PartTooSmall
		}
	}
	return used, 0
}

// join gives a version the content of parts.
func (u *modelUpload) join(v *version, used []int) {
	content, etags := "", ""
	for _, number := range used {
		p := u.parts[number]
		content += p.content
		etags += p.etag
		if p.content != "" || len(used) == 1 {
			v.blobs++
		}
	}
	v.contains(content)
	v.etag = fmt.Sprintf("%s-%d", md5Hex(etags), len(used))
	if n := len(used); u.sequential && n > 0 && used[n-1] == n {
		v.sum = md5Hex(content)
	}
}

func (w *world) listParts() {
	u, key, ok := w.upload()
	if u == nil {
		return
	}
	limit, want := 1+w.random.IntN(4), objectstore.Kind(0)
	if !ok {
		want = objectstore.NoSuchUpload
	}
	after := 0
	if w.oneIn(3) {
		after = w.random.IntN(6)
	}
	numbers := slices.DeleteFunc(u.numbers(), func(n int) bool { return n <= after })
	w.did("parts of %s behind %d, %d a page; want %v", u.id, after, limit, numbers)
	for more := true; more; {
		page, err := w.s.Parts(w.Context(), u.Name, key, u.id, after, limit)
		if w.refused(err, want) {
			return
		}
		w.sameUpload(&page.Upload, u)
		if more = page.More; len(page.Parts) > limit || more && len(page.Parts) < limit || len(page.Parts) > len(numbers) {
			w.fail("a page of %d, more %t, want %v", len(page.Parts), more, numbers)
		}
		for _, p := range page.Parts {
			w.samePart(p, u, numbers[0])
			after, numbers = numbers[0], numbers[1:]
		}
	}
	if len(numbers) > 0 {
		w.fail("parts %v were not listed", numbers)
	}
}
