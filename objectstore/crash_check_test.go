package objectstore_test

import (
	"context"
	"fmt"
	"hash/crc64"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"ossd/engine/blob"
	"ossd/internal/disk/crashdisk"
	"ossd/objectstore"
)

// crashed is what is left of a world after a crash.
type crashed struct {
	*crashWorld
	at    int64
	s     *objectstore.Store
	blobs blob.Store
	keys  map[crashName]crashKey
	clock atomic.Int64 // nanoseconds since the Unix epoch
}

// check looks at what is left if the power fails now.
func (w *crashWorld) check(n int64) {
	w.crashes++
	c := &crashed{crashWorld: w, at: n, keys: w.snapshot()}
	c.clock.Store(w.now().UnixNano())
	random := rand.New(rand.NewPCG(w.seed, uint64(n)))
	on := w.disk.Crash(random.Uint64(), crashdisk.Config{Now: c.now})
	rows := w.rows.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: min(100, max(0, random.IntN(160)-30)), RNG: random})
	s, blobs, closeAll, err := openCrashed(rows, on, c.now)
	if err != nil {
		c.fail("the store does not open: %v", err)
		return
	}
	c.s, c.blobs = s, blobs
	seen := c.states()
	c.uploads(seen)
	c.swept()
	for name, now := range c.states() {
		if seen[name].String() != now.String() {
			c.fail("%v: sweeping makes\n%v of\n%v", name, now, seen[name])
		}
	}
	b := w.buckets[0]
	if _, err := c.s.PutObject(c.Context(), objectstore.Put{Bucket: b, Key: "new", Incoming: incoming("works on")}); err != nil {
		c.fail("put: %v", err)
	}
	if got, _, ok, err := get(c.Context(), c.s, b.Name, "new"); got != "works on" || !ok || err != nil {
		c.fail("a new object is %q, %t, %v", got, ok, err)
	}
	if err := closeAll(); err != nil {
		c.fail("close: %v", err)
	}
}

func (c *crashed) now() time.Time { return time.Unix(0, c.clock.Add(int64(time.Millisecond))).UTC() }

func (c *crashed) fail(format string, args ...any) {
	c.Helper()
	c.Errorf("change %d: %s", c.at, fmt.Sprintf(format, args...))
}

// states reads every version of every key, and compares them with the model.
func (c *crashed) states() map[crashName]crashState {
	c.Helper()
	seen := map[crashName]crashState{}
	for _, b := range c.buckets {
		page, err := c.s.Versions(c.Context(), objectstore.ListVersions{Bucket: b.Name, Limit: 1000})
		if err != nil || page.More {
			c.fail("versions of %s: %v, more: %t", b.Name, err, page.More)
		}
		current := map[string]string{}
		for _, v := range page.Versions {
			name := crashName{b.Name, v.Key}
			seen[name] = append(seen[name], c.version(b.Name, &v.Object))
			if v.Latest && !v.DeleteMarker {
				current[v.Key] = v.ETag
			}
		}
		c.listed(b.Name, current)
	}
	for name, k := range c.keys {
		got := seen[name].String()
		if got != k.now.String() && (k.next == nil || got != k.next.String()) {
			c.fail("%v is\n%s, acknowledged was\n%v, under way\n%v", name, got, k.now, k.next)
		}
	}
	for name := range seen {
		if _, ok := c.keys[name]; !ok && name.key != "new" {
			c.fail("%v was never put", name)
		}
	}
	return seen
}

// version reads one, whose row must be right about its bytes.
func (c *crashed) version(bucket string, o *objectstore.Object) crashVersion {
	c.Helper()
	if o.DeleteMarker {
		return crashVersion{marker: true}
	}
	found, err := c.s.Find(c.Context(), bucket, o.Key, o.Version())
	if err != nil || found.Object == nil || seenOf(found.Object) != seenOf(o) {
		c.fail("%s %s: listed as %+v, found %+v, %v", o.Key, o.Version(), o, found.Object, err)
		return crashVersion{}
	}
	text, err := readAll(c.Context(), c.s, bucket, found.Object)
	sum := o.MD5()
	if err != nil || int64(len(text)) != o.Size || crc64.Checksum([]byte(text), crc64.MakeTable(crc64.ECMA)) != o.CRC64 ||
		sum != nil && !strings.EqualFold(fmt.Sprintf("%x", sum), md5Hex(text)) {
		c.fail("%s %s: read %d bytes of %d, %v", o.Key, o.Version(), len(text), o.Size, err)
	}
	tags := ""
	for _, h := range o.Tags {
		tags += h.Name + "=" + h.Value + ";"
	}
	return crashVersion{content: text, tags: tags}
}

// listed compares the plain listing with the newest versions.
func (c *crashed) listed(bucket string, current map[string]string) {
	c.Helper()
	page, err := c.s.Objects(c.Context(), objectstore.ListObjects{Bucket: bucket, Limit: 1000})
	if err != nil {
		c.fail("objects: %v", err)
	}
	listed := map[string]string{}
	for _, o := range page.Objects {
		listed[o.Key] = o.ETag
	}
	if !maps.Equal(listed, current) {
		c.fail("bucket %s lists %v, its newest versions are %v", bucket, listed, current)
	}
}

// uploads completes what was under way: every acknowledged part is there.
func (c *crashed) uploads(seen map[crashName]crashState) {
	c.Helper()
	for _, b := range c.buckets {
		page, err := c.s.Uploads(c.Context(), objectstore.ListUploads{Bucket: b.Name, Limit: 1000})
		if err != nil {
			c.fail("uploads: %v", err)
		}
		there := map[string]bool{}
		for _, u := range page.Uploads {
			there[u.ID] = true
		}
		for _, name := range slices.SortedFunc(maps.Keys(c.keys), func(a, b crashName) int { return strings.Compare(a.key, b.key) }) {
			if u := c.keys[name].upload; u != nil && name.bucket == b.Name {
				c.upload(b, name, u, there[u.ID], seen)
			}
		}
	}
}

func (c *crashed) upload(b objectstore.Bucket, name crashName, u *crashUpload, there bool, seen map[crashName]crashState) {
	c.Helper()
	if !there {
		if !u.ending {
			c.fail("%v: the upload is gone", name)
		}
		return
	}
	page, err := c.s.Parts(c.Context(), b.Name, u.Key, u.ID, 0, 1000)
	if err != nil {
		c.fail("parts: %v", err)
		return
	}
	etags := map[int]string{}
	for _, p := range page.Parts {
		etags[p.Number] = p.ETag
	}
	for number, text := range u.parts {
		if etags[number] != md5Hex(text) && number != u.adding {
			c.fail("%v: part %d has the ETag %q, want %s", name, number, etags[number], md5Hex(text))
		}
	}
	if len(page.Parts) == 0 {
		return
	}
	o, err := c.s.CompleteUpload(c.Context(), objectstore.Complete{Bucket: b, Key: u.Key, Upload: u.ID, All: true})
	if err != nil {
		c.fail("complete: %v", err)
		return
	}
	v := c.version(b.Name, &o)
	if u.adding == 0 && v.content != u.content() {
		c.fail("%v: completed to %d bytes, want %d", name, len(v.content), len(u.content()))
	}
	// From here on that is what there is.
	if b.Versioning == objectstore.Unversioned {
		seen[name] = crashState{v}
	} else {
		seen[name] = append(crashState{v}, seen[name]...)
	}
	c.keys[name] = crashKey{now: seen[name]}
}

// swept sweeps, and compares the blobs with the rows that refer to them.
func (c *crashed) swept() {
	c.Helper()
	for range 2 {
		c.clock.Add(int64(2 * time.Hour))
		if _, err := c.s.Sweep(context.WithoutCancel(c.Context())); err != nil {
			c.fail("sweep: %v", err)
		}
	}
	var named []string
	for _, key := range allRows(c.T, c.s.Rows, []byte("R")) {
		named = append(named, key[1:])
	}
	if there := allBlobs(c.T, c.blobs); !slices.Equal(named, there) {
		c.fail("rows name\n%q, there are\n%q", named, there)
	}
	for _, kind := range []string{"G", "H"} {
		if left := allRows(c.T, c.s.Rows, []byte(kind)); len(left) > 0 {
			c.fail("garbage is left: %q", left)
		}
	}
}
