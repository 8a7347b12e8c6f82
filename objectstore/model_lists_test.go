package objectstore_test

import (
	"fmt"
	"slices"
	"strings"

	"ossd/objectstore"
)

// entry is one line of a listing: a key, one of its versions or uploads, or a common prefix.
type entry struct {
	key, id string
	prefix  bool
	serial  any // what is the same only if it is the same thing
}

func (e entry) String() string {
	if e.prefix {
		return fmt.Sprintf("%q…", e.key)
	}
	return fmt.Sprintf("%q %s", e.key, e.id)
}

// filter is what all listings are asked with.
type filter struct {
	bucket            *modelBucket
	prefix, delimiter string
	limit             int
}

func (f filter) String() string {
	return fmt.Sprintf("%s, prefix %q, delimiter %q, %d a page", f.bucket.Name, f.prefix, f.delimiter, f.limit)
}

func (w *world) filter() filter {
	f := filter{bucket: w.bucket(), limit: pick(w, []int{1, 1, 2, 3, 5, 1000})}
	if w.oneIn(2) {
		key := pick(w, w.keys)
		f.prefix = key[:w.random.IntN(len(key)+1)]
	}
	if w.oneIn(2) {
		f.delimiter = pick(w, append(keyParts, "b/", "\x00a", "a/", "\x00\x00"))
	}
	return f
}

// roll answers a listing: what a prefix has, with what a delimiter rolls up.
func (f filter) roll(all []entry) (rolled []entry) {
	for _, e := range all {
		rest, ok := strings.CutPrefix(e.key, f.prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, f.delimiter); f.delimiter != "" && i >= 0 {
			e = entry{key: f.prefix + rest[:i+len(f.delimiter)], prefix: true}
			if len(rolled) > 0 && rolled[len(rolled)-1] == e {
				continue
			}
		}
		rolled = append(rolled, e)
	}
	return rolled
}

// behind drops what does not lie behind a marker. isBehind compares ids of one key.
func (f filter) behind(all []entry, key, id string, isBehind func(e entry) bool) []entry {
	rest, ok := strings.CutPrefix(key, f.prefix)
	common := ok && f.delimiter != "" && strings.HasSuffix(rest, f.delimiter) && strings.Index(rest, f.delimiter) == len(rest)-len(f.delimiter)
	return slices.DeleteFunc(all, func(e entry) bool {
		switch {
		case key == "":
			return false
		case common && strings.HasPrefix(e.key, key):
			return true
		case e.key == key && id != "":
			return !isBehind(e)
		}
		return e.key <= key
	})
}

// page is one page of a listing.
type page struct {
	entries []entry
	more    bool
	key, id string // where the next one begins
}

// inOrder brings the common prefixes of a page among its keys.
func inOrder(entries []entry, prefixes []string) []entry {
	for _, p := range prefixes {
		entries = append(entries, entry{key: p, prefix: true})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return entries
}

// follow reads a listing page by page and compares it with the model.
func (w *world) follow(f filter, key, id string, want []entry, next func(f filter, key, id string) page) {
	w.Helper()
	for i := range want {
		want[i].serial = nil
	}
	var got []entry
	for {
		p := next(f, key, id)
		got = append(got, p.entries...)
		if n := len(p.entries); n > f.limit || p.more && n != f.limit || len(got) > len(want) {
			w.fail("a page of %d, more %t: in all\n     %v\nwant %v", n, p.more, got, want)
		}
		if !p.more {
			break
		}
		key, id = p.key, p.id
	}
	if !slices.Equal(got, want) {
		w.fail("listed %v\nwant   %v", got, want)
	}
}

func (b *modelBucket) objects() (all []entry) {
	for _, key := range b.sorted() {
		if v := b.current(key); v != nil {
			all = append(all, entry{key: key, serial: v.serial})
		}
	}
	return all
}

func (b *modelBucket) versions() (all []entry) {
	for _, key := range b.sorted() {
		for _, v := range b.keys[key] {
			all = append(all, entry{key: key, id: v.name(), serial: v.serial})
		}
	}
	return all
}

func (w *world) uploadsOf(b *modelBucket) (all []entry) {
	for _, u := range w.uploads {
		if u.modelBucket == b {
			all = append(all, entry{key: u.key, id: u.id, serial: u.id})
		}
	}
	slices.SortFunc(all, func(x, y entry) int {
		if c := strings.Compare(x.key, y.key); c != 0 {
			return c
		}
		return strings.Compare(x.id, y.id)
	})
	return all
}

func (w *world) objectPage(f filter, key, _ string) page {
	got, err := w.s.Objects(w.Context(), objectstore.ListObjects{Bucket: f.bucket.Name, Prefix: f.prefix, Delimiter: f.delimiter, After: key, Limit: f.limit})
	w.must(err)
	p := page{more: got.More, key: got.Last}
	for i := range got.Objects {
		o := &got.Objects[i]
		if v := f.bucket.current(o.Key); v != nil {
			w.same(o, o.Key, v)
		}
		p.entries = append(p.entries, entry{key: o.Key})
	}
	p.entries = inOrder(p.entries, got.CommonPrefixes)
	return p
}

func (w *world) versionPage(f filter, key, id string) page {
	got, err := w.s.Versions(w.Context(), objectstore.ListVersions{
		Bucket: f.bucket.Name, Prefix: f.prefix, Delimiter: f.delimiter, AfterKey: key, AfterVersion: id, Limit: f.limit,
	})
	w.must(err)
	p := page{more: got.More, key: got.LastKey, id: got.LastVersion}
	for i := range got.Versions {
		o := &got.Versions[i]
		if v := f.bucket.version(o.Key, o.Version()); v != nil {
			w.same(&o.Object, o.Key, v)
			if latest := v == f.bucket.keys[o.Key][0]; o.Latest != latest {
				w.fail("version %q of %q is the latest: %t", o.Version(), o.Key, o.Latest)
			}
		}
		p.entries = append(p.entries, entry{key: o.Key, id: o.Version()})
	}
	p.entries = inOrder(p.entries, got.CommonPrefixes)
	return p
}

func (w *world) uploadPage(f filter, key, id string) page {
	got, err := w.s.Uploads(w.Context(), objectstore.ListUploads{
		Bucket: f.bucket.Name, Prefix: f.prefix, Delimiter: f.delimiter, AfterKey: key, AfterUpload: id, Limit: f.limit,
	})
	w.must(err)
	p := page{more: got.More, key: got.LastKey, id: got.LastUpload}
	for _, u := range got.Uploads {
		if i := slices.IndexFunc(w.uploads, func(x *modelUpload) bool { return x.id == u.ID }); i >= 0 {
			w.sameUpload(&u, w.uploads[i])
		}
		p.entries = append(p.entries, entry{key: u.Key, id: u.ID})
	}
	p.entries = inOrder(p.entries, got.CommonPrefixes)
	return p
}

// marker is where a listing begins: at the beginning, at a key, or near one.
func (w *world) marker() string {
	switch {
	case w.oneIn(2):
		return ""
	case w.oneIn(3):
		return pick(w, w.keys) + pick(w, keyParts)
	case w.oneIn(3):
		key := pick(w, w.keys)
		return key[:w.random.IntN(len(key)+1)]
	}
	return pick(w, w.keys)
}

func (w *world) listObjects() {
	f, key := w.filter(), w.marker()
	w.did("objects of %v, behind %q", f, key)
	w.follow(f, key, "", f.roll(f.behind(f.bucket.objects(), key, "", nil)), w.objectPage)
}

func (w *world) listVersions() {
	f, key, id := w.filter(), w.marker(), ""
	all := f.bucket.keys[key]
	at := -1
	if len(all) > 0 && w.oneIn(2) {
		at = w.random.IntN(len(all))
		id = all[at].name()
	}
	w.did("versions of %v, behind %q version %q", f, key, id)
	want := f.behind(f.bucket.versions(), key, id, func(e entry) bool {
		return slices.IndexFunc(all, func(v *version) bool { return v.name() == e.id }) > at
	})
	w.follow(f, key, id, f.roll(want), w.versionPage)
}

func (w *world) listUploads() {
	f, key, id := w.filter(), w.marker(), ""
	if w.oneIn(3) && len(w.uploads) > 0 {
		u := pick(w, w.uploads)
		key, id = u.key, u.id
		switch w.random.IntN(3) {
		case 0:
			id = id[:w.random.IntN(len(id))+1]
		case 1:
			id = id[:w.random.IntN(len(id))] + pick(w, []string{"!", ":", "@", "G", "a", "\xff"})
		}
	}
	w.did("uploads of %v, behind %q upload %q", f, key, id)
	want := f.behind(w.uploadsOf(f.bucket), key, id, func(e entry) bool { return e.id > id })
	w.follow(f, key, id, f.roll(want), w.uploadPage)
}

// listWhileChanging follows a listing while its bucket changes between the
// pages, and what it named last is deleted: whatever is there all the time is listed.
func (w *world) listWhileChanging() {
	if w.changing {
		return
	}
	w.changing = true
	defer func() { w.changing = false }()
	f := w.filter()
	f.limit = 1 + w.random.IntN(3)
	kind := w.random.IntN(3)
	all := []func() []entry{f.bucket.objects, f.bucket.versions, func() []entry { return w.uploadsOf(f.bucket) }}[kind]
	next := []func(filter, string, string) page{w.objectPage, w.versionPage, w.uploadPage}[kind]
	w.did("listing %d of %v while it changes", kind, f)
	stay := all()
	listed := map[entry]bool{}
	for p := (page{more: true}); p.more; {
		if p = next(f, p.key, p.id); len(p.entries) == 0 && p.more {
			w.fail("an empty page with more behind it")
		}
		for _, e := range p.entries {
			if again := listed[e]; again && kind != 1 {
				w.fail("%v is listed twice", e)
			}
			listed[e] = true
		}
		w.did("listed %v", p.entries)
		w.interfere(kind, f.bucket, p)
		now := all()
		stay = slices.DeleteFunc(stay, func(e entry) bool { return !slices.Contains(now, e) })
	}
	for _, e := range f.roll(stay) {
		if e.serial = nil; !listed[e] {
			w.fail("%v was there all the time and was not listed", e)
		}
	}
}

// interfere changes the bucket between two pages of a listing.
func (w *world) interfere(kind int, b *modelBucket, last page) {
	for range w.random.IntN(3) {
		w.step()
	}
	if w.oneIn(2) || last.id == "" && kind != 0 || objectstore.CheckKey(b.Name, last.key) != nil {
		return
	}
	switch kind {
	case 0, 1:
		w.deleteAll(b, []objectstore.Deletion{{Key: last.key, Version: last.id}})
	case 2:
		if i := slices.IndexFunc(w.uploads, func(u *modelUpload) bool { return u.id == last.id }); i >= 0 {
			u := w.uploads[i]
			w.must(w.s.AbortUpload(w.Context(), b.Bucket, u.key, u.id))
			w.did("abort %s", u.id)
			w.end(u)
		}
	}
}
