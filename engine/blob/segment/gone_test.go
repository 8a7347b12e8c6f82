package segment

import (
	"context"
	"errors"
	"slices"
	"testing"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/internal/disk/crashdisk"
)

// What is deleted, and given back, between two reads of the same Open is gone, not damaged.
func TestDeletedWhileOpening(t *testing.T) {
	var s *Store
	var ref blob.Ref
	reads := -1 // until something is to happen; below 0: nothing is
	s = open(t, Config{Dir: "segments", Active: 1, SegmentBytes: 400_000, Disk: crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, _ string) (before, after error) {
		if op != crashdisk.Read || reads < 0 {
			return nil, nil
		}
		if reads--; reads < 0 {
			if err := errors.Join(s.Delete(context.Background(), ref), walkAll(s)); err != nil {
				t.Error(err)
			}
		}
		return nil, nil
	}})})
	for _, at := range []int{1, 2} {
		for _, offset := range []int64{0, frame, 3*frame + 1} {
			kept := blobtest.Put(t, s, []byte("keeps the segment"))
			ref = blobtest.Put(t, s, blobtest.Random(MaxLimit))
			blobtest.Put(t, s, blobtest.Random(MaxLimit)) // and now it is full,
			blobtest.Put(t, s, nil)                       // which the next one finds
			reads = at - 1
			r, err := s.Open(t.Context(), ref, offset, 10)
			if err == nil {
				r.Close() // it came before the deletion
			} else if !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("deleted before read %d from %d: %v, want ErrNotFound", at, offset, err)
			}
			reads = -1
			blobtest.WantBytes(t, s, kept, []byte("keeps the segment"))
		}
	}
}

// Pages are given back wherever records begin and end: a header that lost a half is gone, too.
func TestHeadersAcrossPages(t *testing.T) {
	for shift := page/alignment - 30; shift < page/alignment; shift++ { // headers are five alignments long
		s := open(t, Config{Dir: "segments", Active: 1, SegmentBytes: 30_000, Disk: crashdisk.New(crashdisk.Config{})})
		blobtest.Put(t, s, blobtest.Random(shift*alignment))
		var gone, kept []blob.Ref
		for i := range 9 {
			ref := blobtest.Put(t, s, blobtest.Random(page-recordHeader))
			if i%4 == 0 {
				kept = append(kept, ref)
			} else {
				gone = append(gone, ref)
			}
		}
		for _, ref := range gone {
			if err := s.Delete(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
		found := walk(t, s)
		for _, ref := range kept {
			if _, err := blobtest.Read(s, ref); err != nil || !slices.Contains(found, ref) {
				t.Errorf("shifted by %d: kept %s: %v", shift*alignment, ref, err)
			}
		}
		for _, ref := range gone {
			if _, err := blobtest.Read(s, ref); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("shifted by %d: deleted %s: %v, want ErrNotFound", shift*alignment, ref, err)
			}
		}
	}
}
