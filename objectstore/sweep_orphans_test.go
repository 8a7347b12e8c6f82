package objectstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/objectstore"
)

// namedBlobs walks its blobs in an order of its own.
type namedBlobs struct {
	blob.Store
	walk []blob.Ref
}

func (n *namedBlobs) Walk(_ context.Context, _ time.Time, fn func(blob.Ref, int64) error) error {
	for _, ref := range n.walk {
		if err := fn(ref, 1); err != nil {
			return err
		}
	}
	return nil
}

// Orphans among thousands of blobs that are in use: whether a walk tells neighbours one after
// the other or jumps about, exactly the orphans go.
func TestOrphansAmongMany(t *testing.T) {
	const n = 2500
	for name, order := range map[string]func(refs []blob.Ref){
		"in order": func([]blob.Ref) {},
		"jumping": func(refs []blob.Ref) { // each batch spans everything, of which it has a few
			jumping := make([]blob.Ref, 0, n)
			for i := range 50 {
				for j := i; j < n; j += 50 {
					jumping = append(jumping, refs[j])
				}
			}
			copy(refs, jumping)
		},
		"few of many": func(refs []blob.Ref) { clear(refs[3 : n-3]) },
	} {
		t.Run(name, func(t *testing.T) {
			blobs := &namedBlobs{Store: blobmemory.New()}
			s := open(t, func(c *objectstore.Config) { c.Blobs = blobs })
			b := bucket(t, s, "demo")
			orphans := map[blob.Ref]bool{}
			for i := range n {
				if i%97 != 3 && i != n-1 {
					put(t, s, b, fmt.Sprint("key", i), "x")
					continue
				}
				orphans[blobtest.Put(t, blobs, []byte("x"))] = true
			}
			var refs []blob.Ref
			if err := blobs.Store.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error {
				refs = append(refs, ref)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			slices.Sort(refs)
			order(refs)
			want := 0
			for _, ref := range refs {
				if ref == "" {
					continue
				}
				if blobs.walk = append(blobs.walk, ref); orphans[ref] {
					want++
				}
			}
			sweep(t, s, objectstore.Swept{Orphans: want})
			if left := count(t, blobs.Store); left != n-want {
				t.Errorf("%d of %d blobs are left, want %d less", left, n, want)
			}
			for i := range n { // what is in use is still there
				if i%97 != 3 && i != n-1 {
					if got, _, _, err := get(t.Context(), s, "demo", fmt.Sprint("key", i)); got != "x" || err != nil {
						t.Fatalf("key%d reads %q, %v", i, got, err)
					}
				}
			}
		})
	}
}

// countingBlobs counts walks.
type countingBlobs struct {
	blob.Store
	walks int
}

func (c *countingBlobs) Walk(context.Context, time.Time, func(blob.Ref, int64) error) error {
	c.walks++
	return nil
}

// The search for orphans keeps its time across processes, however short they live.
func TestSearchKeepsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, blobs := memory.New(), &countingBlobs{Store: blobmemory.New()}
		for process := range 30 { // of an hour each
			s := objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs, SearchInterval: 6 * time.Hour})
			ctx, stop := context.WithTimeout(t.Context(), time.Hour)
			s.RunSweeper(ctx, 10*time.Minute, func(_ objectstore.Swept, err error) {
				if err != nil && !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
					t.Error(err)
				}
			})
			stop()
			if want := process/6 + 1; blobs.walks != want {
				t.Fatalf("after %d hours %d searches, want %d", process+1, blobs.walks, want)
			}
		}
		// A row that cannot be read is told, and no search is made in its place.
		if err := rows.Update(t.Context(), []meta.Lock{meta.Exclusive("W")}, func(tx meta.Tx) error { return tx.Put([]byte("W"), []byte("short")) }); err != nil {
			t.Fatal(err)
		}
		s := objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs})
		ctx, stop := context.WithTimeout(t.Context(), 15*time.Minute)
		defer stop()
		told := 0
		s.RunSweeper(ctx, 10*time.Minute, func(_ objectstore.Swept, err error) {
			if err != nil {
				told++
			}
		})
		if told != 1 {
			t.Errorf("told %d times", told)
		}
	})
}

// A process that sleeps between a content and its row wakes up when others may have swept the
// content: it is told so, and nothing names bytes that are gone.
func TestRowsThatComeTooLate(t *testing.T) {
	now := time.Now()
	var late time.Duration
	s := open(t, func(c *objectstore.Config) { c.Now = func() time.Time { return now } })
	b := bucket(t, s, "demo")
	sleep := func() error { now = now.Add(late); return nil }
	content := func() objectstore.Incoming {
		return objectstore.Incoming{Body: strings.NewReader("x"), Size: 1, Confirm: sleep}
	}
	source := put(t, s, b, "source", "x")
	upload, err := s.NewUpload(t.Context(), b, objectstore.Upload{Key: "upload"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func() error{
		"put": func() error {
			_, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "put", Incoming: content()})
			return err
		},
		"append": func() error {
			_, err := s.AppendObject(t.Context(), objectstore.Append{Bucket: b, Key: "append" + late.String(), Incoming: content()})
			return err
		},
		"part": func() error {
			_, err := s.PutPart(t.Context(), objectstore.PutPart{Bucket: b, Key: "upload", Upload: upload.ID, Number: 1, Incoming: content()})
			return err
		},
	} {
		for _, late = range []time.Duration{0, 59 * time.Minute, 61 * time.Minute, 25 * time.Hour} {
			if err := write(); objectstore.Unavailable(err) != (late > time.Hour) || late < time.Hour && err != nil {
				t.Errorf("%s, held up for %s: %v", name, late, err)
			}
		}
	}
	if got, _, _, err := get(t.Context(), s, "demo", "source"); got != "x" || err != nil {
		t.Errorf("%s reads %q, %v", source.Key, got, err)
	}
}
