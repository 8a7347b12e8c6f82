package blobtest

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/internal/disk/crashdisk"
)

// RunFull fills a disk, frees it and fills it again. That it is full is told as
// blob.ErrFull; meanwhile what was acknowledged is read and deleted.
func RunFull(t *testing.T, open OpenOn) {
	now := time.Now() // what is free is asked once a second
	clock := func() time.Time { now = now.Add(time.Millisecond); return now }
	on := crashdisk.New(crashdisk.Config{Capacity: 8 << 20, Now: clock})
	s, err := open(on, clock)
	if err != nil {
		t.Fatal(err)
	}
	known, gone := map[blob.Ref][]byte{}, map[blob.Ref][]byte{}
	random := rand.New(rand.NewPCG(1, 1))
	filled, met := 0, 0
	for round := range 4 {
		now = now.Add(2 * time.Second)
		bytes := 0
		for refused := 0; refused < 20; { // what is smaller may still fit
			data := content(random)
			ref, err := write(t.Context(), s, data, int64(len(data)))
			switch {
			case err == nil:
				known[ref], bytes = data, bytes+len(data)
			case errors.Is(err, blob.ErrFull):
				if refused++; errors.Is(err, syscall.ENOSPC) {
					met++
				}
			default:
				t.Fatalf("round %d: put on a full disk: %v, want ErrFull", round, err)
			}
			if round == 0 && bytes > 8<<20 {
				t.Fatal("the disk takes more than it can hold")
			}
		}
		if round == 0 {
			filled = bytes
		} else if bytes*3 < filled {
			t.Errorf("round %d: only %d bytes went onto the disk again, %d the first time", round, bytes, filled)
		}
		refs := slices.Sorted(maps.Keys(known))
		for i, ref := range refs {
			WantBytes(t, s, ref, known[ref])
			if i%4 == round%4 { // some keep their segments
				continue
			}
			if err := s.Delete(t.Context(), ref); err != nil {
				t.Fatalf("round %d: delete on a full disk: %v", round, err)
			}
			gone[ref] = known[ref]
			delete(known, ref)
		}
		if err := s.Walk(t.Context(), clock().Add(time.Hour), func(blob.Ref, int64) error { return nil }); err != nil {
			t.Fatalf("round %d: walk on a full disk: %v", round, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if met == 0 {
		t.Error("every put was refused in advance: the disk itself was never full")
	}
	c := &crash{T: t, open: open}
	a := &aftermath{crash: c, where: "once full", now: now, blobs: known, maybe: gone}
	a.verify(on.Crash(1, crashdisk.Config{Now: a.tick}))
}

// RunReadOnly makes a disk one that is only read: reading goes on, writing says
// so, and goes on once the disk takes it again.
func RunReadOnly(t *testing.T, open OpenOn) {
	on := crashdisk.New(crashdisk.Config{})
	s, err := open(on, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	known := map[blob.Ref][]byte{}
	for range 30 {
		data := Random(40_000)
		known[Put(t, s, data)] = data
	}
	on.SetReadOnly(true)
	for ref, data := range known {
		WantBytes(t, s, ref, data)
		if err := s.Delete(t.Context(), ref); !errors.Is(err, syscall.EROFS) && !errors.Is(err, syscall.EBADF) {
			t.Errorf("delete: %v", err)
		}
	}
	for _, size := range []int{10, 300_000} {
		if ref, err := write(t.Context(), s, Random(size), -1); !errors.Is(err, syscall.EROFS) || errors.Is(err, blob.ErrFull) {
			t.Errorf("put: %s, %v", ref, err)
		}
	}
	on.SetReadOnly(false)
	for ref, data := range known {
		WantBytes(t, s, ref, data)
	}
	WantBytes(t, s, Put(t, s, worksOn), worksOn)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
