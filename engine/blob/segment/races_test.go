package segment

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/internal/disk/crashdisk"
)

// meanwhile starts work beside a call of the disk and lets it come as far as it
// can without the call's end.
func meanwhile(work func()) {
	var done atomic.Bool
	go func() { work(); done.Store(true) }()
	for range 1000 {
		if done.Load() {
			return
		}
		runtime.Gosched()
	}
}

func walkAll(s *Store) error {
	return s.Walk(context.Background(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { return nil })
}

// A segment that is being made must not be taken for one in which nothing lives.
func TestWalkWhileSegmentIsMade(t *testing.T) {
	var s *Store
	var walked chan error
	s = open(t, Config{Dir: "segments", Disk: crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, name string) (before, after error) {
		if op == crashdisk.Datasync && strings.HasSuffix(name, ".seg") && walked == nil {
			walked = make(chan error, 1)
			meanwhile(func() { walked <- walkAll(s) })
		}
		return nil, nil
	}})})
	data := blobtest.Random(100)
	ref := blobtest.Put(t, s, data)
	if err := <-walked; err != nil {
		t.Fatal(err)
	}
	blobtest.WantBytes(t, s, ref, data)
	p, _ := parseRef(ref)
	if _, err := s.Disk.Stat(segmentPath(s.Dir, p.segment)); err != nil {
		t.Errorf("the file of an acknowledged blob: %v", err)
	}
}

// Whoever opens a segment while it is removed must not keep it, and its space.
func TestOpenWhileSegmentIsRemoved(t *testing.T) {
	var s *Store
	var ref blob.Ref
	on := crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, name string) (before, after error) {
		if op == crashdisk.Remove && strings.HasSuffix(name, ".seg") {
			meanwhile(func() {
				if r, err := s.Open(context.Background(), ref, 0, -1); err == nil {
					r.Close()
				}
			})
		}
		return nil, nil
	}})
	s = open(t, Config{Dir: "segments", Disk: on, Active: 1, SegmentBytes: 10_000})
	ref = blobtest.Put(t, s, blobtest.Random(20_000))
	blobtest.Put(t, s, blobtest.Random(100)) // the next segment is the active one
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if err := walkAll(s); err != nil {
		t.Fatal(err)
	}
	// One walk at a time: what the other removed is no error.
	if err := walkAll(s); err != nil {
		t.Fatal(err)
	}
	if used := on.Used(); used > 15_000 {
		t.Errorf("%d bytes are still taken: a removed segment is open", used)
	}
}

// Two who walk at the same time may both find that a segment is empty.
func TestSegmentIsRemovedTwice(t *testing.T) {
	var s *Store
	walking := false
	s = open(t, Config{Dir: "segments", Active: 1, SegmentBytes: 10_000, Disk: crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, name string) (before, after error) {
		if op == crashdisk.Stat && filepath.Ext(name) == ".seg" && walking { // of livesBehind, before removal
			walking = false
			if err := walkAll(s); err != nil {
				t.Error(err)
			}
		}
		return nil, nil
	}})})
	ref := blobtest.Put(t, s, blobtest.Random(20_000))
	blobtest.Put(t, s, blobtest.Random(100))
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	walking = true
	if err := walkAll(s); err != nil {
		t.Error(err)
	}
	if walking {
		t.Error("nothing was removed")
	}
}

// A record that is acknowledged is not in a segment that Close takes for empty.
func TestRetireWhileAppending(t *testing.T) {
	on := crashdisk.New(crashdisk.Config{})
	if err := on.Mkdir("d", 0o700); err != nil {
		t.Fatal(err)
	}
	retiredFirst, appendedFirst := 0, 0
	for id := range uint64(40) {
		seg, err := create(on, "d", id)
		if err != nil {
			t.Fatal(err)
		}
		var acknowledged atomic.Int32
		var empty bool
		var done sync.WaitGroup
		work := []func(){func() { empty = seg.retire() }}
		for range 4 {
			work = append(work, func() {
				if _, err := seg.append(make([]byte, recordHeader+1), time.Unix(0, 0), 1<<20); err == nil {
					acknowledged.Add(1)
				} else if !errors.Is(err, errSealed) {
					t.Error(err)
				}
			})
		}
		if id%2 == 1 {
			slices.Reverse(work)
		}
		// Who waits for longer than a millisecond and is passed over once gets the
		// lock in his turn (package sync), also between two steps of retire.
		seg.mu.Lock()
		for _, do := range work {
			done.Go(do)
			time.Sleep(time.Millisecond)
		}
		seg.mu.Unlock()
		seg.mu.Lock()
		time.Sleep(time.Millisecond)
		seg.mu.Unlock()
		done.Wait()
		n := acknowledged.Load()
		switch {
		case empty && n > 0:
			t.Fatalf("round %d: %d records were acknowledged in a segment that is empty", id, n)
		case empty:
			retiredFirst++
		default:
			appendedFirst++
		}
		seg.release()
	}
	if retiredFirst == 0 || appendedFirst == 0 {
		t.Errorf("retired first: %d, appended first: %d: they never met", retiredFirst, appendedFirst)
	}
}
