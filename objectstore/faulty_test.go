package objectstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
	"ossd/objectstore"
)

var errInjected = errors.New("the connection broke")

// A write whose outcome is unknown may have happened: its bytes must stay, and
// if it did not happen they are swept as orphans.
func TestUnknownOutcome(t *testing.T) {
	for name, happened := range map[string]bool{"failed before its effect": false, "failed after its effect": true} {
		t.Run(name, func(t *testing.T) {
			now, failing := time.Now(), false
			rows := metatest.Faulty(metamemory.New(), func(m metatest.Method) (before, after error) {
				if !failing || m != metatest.Update {
					return nil, nil
				}
				if happened {
					return nil, errInjected
				}
				return errInjected, nil
			})
			blobs := blobmemory.New()
			s := objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs, Now: func() time.Time { return now }, Grace: time.Minute, OrphanAge: time.Hour})
			b := bucket(t, s, "demo")
			put(t, s, b, "a", "old")

			failing = true
			_, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("new"), Size: 3}})
			_, deleteErr := s.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "absent"})
			failing = false
			if !errors.Is(err, errInjected) || !errors.Is(deleteErr, errInjected) {
				t.Fatalf("put: %v, delete: %v", err, deleteErr)
			}
			want := "old"
			if happened {
				want = "new"
			}
			for _, after := range []time.Duration{0, 2 * time.Hour} {
				now = now.Add(after)
				if _, err := s.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got, _, ok, err := get(t.Context(), s, "demo", "a"); got != want || !ok || err != nil {
					t.Errorf("after %v the object is %q, %t, %v; want %q", after, got, ok, err, want)
				}
			}
			if n := count(t, blobs); n != 1 {
				t.Errorf("%d blobs are left, want 1", n)
			}
		})
	}
}

// Whatever fails while bytes are stored, what was there stays, and a full store says so.
func TestBlobFaults(t *testing.T) {
	for _, method := range []blobtest.Method{blobtest.Create, blobtest.Write, blobtest.Commit} {
		for _, cause := range []error{errInjected, blob.ErrFull} {
			failing := false
			blobs := blobtest.Faulty(blobmemory.New(), func(m blobtest.Method) (before, after error) {
				if failing && m == method {
					return cause, nil
				}
				return nil, nil
			})
			s := objectstore.New(objectstore.Config{Rows: metamemory.New(), Blobs: blobs})
			b := bucket(t, s, "demo")
			put(t, s, b, "a", "old")
			failing = true
			_, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("new"), Size: 3}})
			failing = false
			if full := errors.Is(err, &objectstore.Error{Kind: objectstore.StoreFull}); !errors.Is(err, cause) || full != (cause == blob.ErrFull) {
				t.Errorf("%s failing with %v: %v", method, cause, err)
			}
			if got, _, ok, err := get(t.Context(), s, "demo", "a"); got != "old" || !ok || err != nil {
				t.Errorf("%s failing: the object is %q, %t, %v", method, got, ok, err)
			}
		}
	}
}
