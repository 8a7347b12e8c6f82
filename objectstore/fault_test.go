package objectstore_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
	"ossd/objectstore"
)

// fault says which call of the engines fails: the one of a number, before or
// after its effect; then perhaps all that follow, as when the program has died.
type fault struct {
	call   int
	after  bool
	onward bool
}

func (f fault) String() string {
	return fmt.Sprintf("call %d fails, after its effect: %t, and all that follow: %t", f.call, f.after, f.onward)
}

// lab is a store whose engines fail at will. Two labs that did the same are
// alike in all that can be seen.
type lab struct {
	*testing.T
	s      *objectstore.Store
	rows   meta.Store
	blobs  blob.Store
	now    time.Time
	b      objectstore.Bucket
	mu     sync.Mutex // guards calls: blobs are deleted several at a time
	calls  int        // since armed
	fault  fault
	armed  bool
	upload objectstore.Upload
	parts  []objectstore.NamedPart
	id     string // of a version
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), rows: metamemory.New()}
	clock := func() time.Time { return l.now }
	l.blobs = blobmemory.Open(blobmemory.Config{Now: clock})
	l.s = objectstore.New(objectstore.Config{
		Rows:  metatest.Faulty(l.rows, func(metatest.Method) (before, after error) { return l.hook() }),
		Blobs: blobtest.Faulty(l.blobs, func(blobtest.Method) (before, after error) { return l.hook() }),
		Now:   clock, Random: rand.NewChaCha8([32]byte{}), Grace: time.Minute, OrphanAge: time.Hour,
	})
	l.b = bucket(t, l.s, "demo")
	return l
}

func (l *lab) hook() (before, after error) {
	if !l.armed {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	switch {
	case l.calls < l.fault.call || l.fault.call == 0, l.calls > l.fault.call && !l.fault.onward:
		return nil, nil
	case l.fault.after && l.calls == l.fault.call:
		return nil, errInjected
	}
	return errInjected, nil
}

// attempt makes a call of the store with a fault.
func (l *lab) attempt(f fault, act func(l *lab) error) error {
	l.calls, l.fault, l.armed = 0, f, true
	err := act(l)
	l.armed = false
	return err
}

// state is all that can be seen of a bucket.
func (l *lab) state() string {
	l.Helper()
	var b strings.Builder
	versions, err := l.s.Versions(l.Context(), objectstore.ListVersions{Bucket: "demo", Limit: 1000})
	if err != nil {
		l.Fatal(err)
	}
	for i := range versions.Versions {
		o := &versions.Versions[i].Object
		seen := seenOf(o)
		seen.modified = time.Time{}
		fmt.Fprintf(&b, "%+v", seen)
		if !o.DeleteMarker {
			r, err := l.s.Open(l.Context(), "demo", o, 0, -1)
			if err != nil {
				l.Fatal(err)
			}
			content, err := io.ReadAll(r)
			r.Close()
			if err != nil {
				l.Fatal(err)
			}
			fmt.Fprintf(&b, " %s", md5Hex(string(content)))
		}
		b.WriteByte('\n')
	}
	uploads, err := l.s.Uploads(l.Context(), objectstore.ListUploads{Bucket: "demo", Limit: 1000})
	if err != nil {
		l.Fatal(err)
	}
	for _, u := range uploads.Uploads {
		page, err := l.s.Parts(l.Context(), "demo", u.Key, u.ID, 0, 1000)
		if err != nil {
			l.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s:", u.Key, u.ID)
		for _, p := range page.Parts {
			fmt.Fprintf(&b, " %d %s", p.Number, p.ETag)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sweepAll leaves what is referred to, and returns how many blobs that are.
func (l *lab) sweepAll() int {
	l.Helper()
	for range 2 {
		l.now = l.now.Add(2 * time.Hour)
		if _, err := l.s.Sweep(l.Context()); err != nil {
			l.Error(err)
		}
	}
	blobs, referred := allBlobs(l.T, l.blobs), allRows(l.T, l.rows, []byte("R"))
	if len(blobs) != len(referred) {
		l.Errorf("%d blobs, %d are referred to", len(blobs), len(referred))
	}
	return len(blobs)
}

func (l *lab) deleteAll() {
	l.Helper()
	versions, err := l.s.Versions(l.Context(), objectstore.ListVersions{Bucket: "demo", Limit: 1000})
	if err != nil {
		l.Fatal(err)
	}
	for _, v := range versions.Versions {
		remove(l.T, l.s, l.b, objectstore.Deletion{Key: v.Key, Version: v.Version()})
	}
	uploads, err := l.s.Uploads(l.Context(), objectstore.ListUploads{Bucket: "demo", Limit: 1000})
	if err != nil {
		l.Fatal(err)
	}
	for _, u := range uploads.Uploads {
		if err := l.s.AbortUpload(l.Context(), l.b, u.Key, u.ID); err != nil {
			l.Error(err)
		}
	}
	if n := l.sweepAll(); n != 0 {
		l.Errorf("%d blobs are left", n)
	}
	wantOnlyBuckets(l.T, l.rows)
}

// Whatever call of an engine fails in the middle of an operation, before or
// after its effect: what can be seen is what was before or what was to come,
// the latter if it was acknowledged, and sweeping leaves nothing that neither has.
func TestFaults(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			prepared := func() *lab {
				l := newLab(t)
				if c.prepare != nil {
					c.prepare(l)
				}
				l.now = l.now.Add(time.Second)
				return l
			}
			old, whole := prepared(), prepared()
			before := old.state()
			wholeErr := whole.attempt(fault{}, c.act)
			after, calls := whole.state(), whole.calls
			blobs := map[string]int{before: old.sweepAll()}
			blobs[after] = whole.sweepAll()
			if calls == 0 || (wholeErr == nil) == c.refused || (before == after) != (c.refused || c.unseen) {
				t.Fatalf("without a fault: %d calls, %v\nbefore\n%safter\n%s", calls, wholeErr, before, after)
			}
			for n := range calls {
				for _, f := range []fault{{n + 1, false, false}, {n + 1, true, false}, {n + 1, false, true}, {n + 1, true, true}} {
					l := prepared()
					err := l.attempt(f, c.act)
					now := l.state()
					if now != before && now != after || err == nil && now != after {
						t.Errorf("%v: %v\nbefore\n%safter\n%snow\n%s", f, err, before, after, now)
					}
					if err != nil && !errors.Is(err, errInjected) && !c.refused {
						t.Errorf("%v: %v", f, err)
					}
					if got, want := l.sweepAll(), blobs[now]; got != want {
						t.Errorf("%v: %d blobs are left, want %d", f, got, want)
					}
					if swept := l.state(); swept != now {
						t.Errorf("%v: sweeping makes\n%sof\n%s", f, swept, now)
					}
					l.deleteAll()
				}
			}
		})
	}
}
