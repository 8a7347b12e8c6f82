package objectstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	blobmemory "ossd/engine/blob/memory"
	"ossd/objectstore"
)

func scrub(t *testing.T, s *objectstore.Store) (found []objectstore.Finding, done objectstore.Scrubbed) {
	t.Helper()
	done, err := s.Scrub(t.Context(), objectstore.Scrubbing{Found: func(f objectstore.Finding) { found = append(found, f) }})
	if err != nil {
		t.Fatal(err)
	}
	if int(done.Damaged) != len(found) {
		t.Errorf("%d are counted as damaged, %d were told", done.Damaged, len(found))
	}
	return found, done
}

// What was written and is no longer what it was is named, by the version or part that it belongs to.
func TestScrubFinds(t *testing.T) {
	const recordHeader = 40
	for name, c := range map[string]struct {
		harm func(t *testing.T, p *populated)
		want []string
	}{
		"byte of a large file": {func(t *testing.T, p *populated) { flip(t, p.largeFile(t), 200_000) }, []string{"damaged plain/large@null: "}},
		"large file cut":       {func(t *testing.T, p *populated) { must(t, os.Truncate(p.largeFile(t), 1000)) }, []string{"damaged plain/large@null: "}},
		"large file lost":      {func(t *testing.T, p *populated) { must(t, os.Remove(p.largeFile(t))) }, []string{"missing plain/large@null: "}},
		"byte of a record": {func(t *testing.T, p *populated) {
			path, at := p.segmentFile(t, "plain", "small")
			flip(t, path, at+recordHeader+3)
		}, []string{"damaged plain/small@null: "}},
		"byte of an append": {func(t *testing.T, p *populated) {
			var path string
			var at int64
			scan(t, p.blobs.Where(p.extent(t, "log", 1)), &path, &at)
			flip(t, path, at+recordHeader)
		}, []string{"damaged plain/log@null: "}},
		"byte of a part": {func(t *testing.T, p *populated) {
			var path string
			var at int64
			scan(t, p.blobs.Where(p.refOf(t, "plain", "under way")), &path, &at)
			flip(t, path, at+recordHeader)
		}, []string{"damaged plain/under way part "}},
		"segment lost": {func(t *testing.T, p *populated) {
			// The store has the file open; another would not.
			path, _ := p.segmentFile(t, "plain", "small")
			must(t, os.Truncate(path, 64))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := populate(t)
			c.harm(t, p)
			found, done := scrub(t, p.Store)
			if done.Objects != 13 { // eight objects, three versions, two parts
				t.Errorf("%d contents were scrubbed", done.Objects)
			}
			if c.want == nil {
				if len(found) != 12 {
					t.Errorf("%d contents are damaged, want all but the large file", len(found))
				}
				return
			}
			wantFindings(t, found, c.want)
			// It is remembered, also by what is no scrub, until it is mended.
			again, err := p.Damages(t.Context(), 10)
			if err != nil || len(again) != 1 || again[0].Finding != found[0] {
				t.Errorf("remembered are %+v, %v", again, err)
			}
			checked, _ := check(t, p.Store, nil)
			if !slices.ContainsFunc(checked, func(f objectstore.Finding) bool {
				return strings.Contains(f.Text, "found by scrubbing") && f.Key == found[0].Key
			}) {
				t.Errorf("check tells of it %+v", checked)
			}
		})
	}
}

func scan(t *testing.T, where string, path *string, at *int64) {
	t.Helper()
	before, after, ok := strings.Cut(where, " at ")
	if !ok {
		t.Fatalf("%q names no record", where)
	}
	*path = before
	for _, c := range after {
		*at = *at*10 + int64(c-'0')
	}
}

// What is whole again, replaced or deleted is no longer remembered as damaged.
func TestScrubForgets(t *testing.T) {
	for name, mend := range map[string]func(t *testing.T, p *populated){
		"mended":   func(t *testing.T, p *populated) { flip(t, p.largeFile(t), 5) },
		"replaced": func(t *testing.T, p *populated) { put(t, p.Store, p.plain, "large", "new") },
		"deleted":  func(t *testing.T, p *populated) { remove(t, p.Store, p.plain, objectstore.Deletion{Key: "large"}) },
	} {
		t.Run(name, func(t *testing.T) {
			p := populate(t)
			flip(t, p.largeFile(t), 5)
			if found, _ := scrub(t, p.Store); len(found) != 1 {
				t.Fatalf("found %+v", found)
			}
			mend(t, p)
			if name != "mended" {
				if left, err := p.Damages(t.Context(), 10); err != nil || len(left) != 0 {
					t.Errorf("before the next pass there are %+v, %v", left, err)
				}
			}
			if found, _ := scrub(t, p.Store); len(found) != 0 {
				t.Errorf("the next pass finds %+v", found)
			}
			wantSound(t, p.Store)
			if rows := allRows(t, p.rows, []byte("D")); len(rows) != 0 {
				t.Errorf("rows are left: %q", rows)
			}
		})
	}
}

// What is replaced while a pass runs, and freed, is no damage.
func TestScrubBesideChanges(t *testing.T) {
	now := time.Now()
	blobs := blobmemory.New()
	s := open(t, func(c *objectstore.Config) {
		c.Blobs, c.Now, c.Grace = blobs, func() time.Time { return now }, time.Minute
	})
	b := bucket(t, s, "demo")
	for _, key := range []string{"a", "b", "c"} {
		put(t, s, b, key, "content of "+key)
	}
	once := false
	_, err := s.Scrub(t.Context(), objectstore.Scrubbing{
		Found: func(f objectstore.Finding) { t.Errorf("found %+v", f) },
		Progress: func(done, total int64) {
			if once {
				return
			}
			once = true
			put(t, s, b, "b", "another")
			remove(t, s, b, objectstore.Deletion{Key: "c"})
			now = now.Add(2 * time.Minute)
			sweep(t, s, objectstore.Swept{Garbage: 2})
		},
	})
	if err != nil || !once {
		t.Errorf("%v; changed: %t", err, once)
	}
}

// The scrubber begins a pass when the interval has passed, is taken up where it
// was stopped, and rests for the interval then.
func TestRunScrubber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		b := bucket(t, s, "demo")
		for i := range 300 {
			put(t, s, b, fmt.Sprint("key-", i), "0123456789")
		}
		type pass struct {
			objects int64
			after   time.Duration
		}
		begun := time.Now()
		var passes []pass
		run := func(ctx context.Context, rate int64) {
			s.RunScrubber(ctx, 100*time.Hour, objectstore.Scrubbing{Rate: rate, Found: func(f objectstore.Finding) { t.Errorf("found %+v", f) }},
				func(done objectstore.Scrubbed, err error) {
					if err != nil {
						t.Error(err)
					}
					passes = append(passes, pass{done.Objects, time.Since(begun)})
				})
		}
		// 3000 bytes at one a second take 50 minutes; it is stopped after 20.
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Hour+20*time.Minute)
		run(ctx, 1)
		stop()
		if len(passes) != 0 {
			t.Fatalf("passes ended: %v", passes)
		}
		ctx, stop = context.WithTimeout(t.Context(), 120*time.Hour)
		defer stop()
		run(ctx, 1)
		// The first takes 50 minutes in all, and so does the second, 100 hours after its end.
		want := []time.Duration{100*time.Hour + 50*time.Minute, 200*time.Hour + 100*time.Minute}
		if len(passes) != len(want) {
			t.Fatalf("passes: %v", passes)
		}
		for i, p := range passes {
			if late := (p.after - want[i]).Abs(); p.objects != 300 || late > time.Minute {
				t.Errorf("pass %d scrubbed %d objects and ended after %v, want %v", i, p.objects, p.after, want[i])
			}
		}
	})
}

// While blobs are held nothing is freed; a pass that is under way stops.
func TestHold(t *testing.T) {
	now := time.Now()
	s := open(t, func(c *objectstore.Config) { c.Now, c.Grace = func() time.Time { return now }, time.Minute })
	b := bucket(t, s, "demo")
	for range 3 {
		put(t, s, b, "a", "x")
	}
	now = now.Add(time.Hour)
	release, other := s.Hold(), s.Hold()
	sweep(t, s, objectstore.Swept{})
	release()
	sweep(t, s, objectstore.Swept{})
	other()
	sweep(t, s, objectstore.Swept{Garbage: 2})
}

func TestScrubEnds(t *testing.T) {
	p := populate(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := p.Scrub(ctx, objectstore.Scrubbing{
		Found:    func(f objectstore.Finding) { t.Errorf("found %+v", f) },
		Progress: func(int64, int64) { stop() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
