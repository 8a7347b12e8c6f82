package segment

import (
	"errors"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/file"
	"ossd/engine/blob/memory"
	"ossd/internal/disk"
)

// smallSegments makes much happen in little time.
func smallSegments(on disk.FS, now func() time.Time) (blob.Store, error) {
	large, err := file.Open(file.Config{Dir: "data/blob", Disk: on, Now: now})
	if err != nil {
		return nil, err
	}
	s, err := Open(Config{Dir: "data/segments", Disk: on, Now: now, Large: large, Active: 2, SegmentBytes: 400_000})
	if err != nil {
		return nil, errors.Join(err, large.Close())
	}
	return &both{s, large}, nil
}

// both closes a store and the one for longer blobs.
type both struct {
	*Store
	large blob.Store
}

func (b *both) Close() error { return errors.Join(b.Store.Close(), b.large.Close()) }

func TestCrash(t *testing.T) { blobtest.RunCrash(t, smallSegments) }

func openReal(dir string) (blob.Store, error) {
	return Open(Config{Dir: dir, Large: memory.New(), SegmentBytes: 1 << 20})
}

func TestMain(m *testing.M) { blobtest.Main(m, openReal) }

func TestKilled(t *testing.T) { blobtest.RunKilled(t, openReal) }

func TestFileFaults(t *testing.T) {
	large := memory.New() // whose files are somewhere else, and do not fail
	blobtest.RunFileFaults(t, func(on disk.FS, now func() time.Time) (blob.Store, error) {
		return Open(Config{Dir: "data/segments", Disk: on, Now: now, Large: large, Active: 2, SegmentBytes: 400_000})
	})
}

// The segments of several layouts rot; longer blobs do so in package file.
func TestRot(t *testing.T) {
	for _, c := range []Config{
		{Active: 1},
		{Active: 4, SegmentBytes: 50_000, OpenSegments: 1},
		{Active: 1, SegmentBytes: segmentHeader + 1, OpenSegments: 2}, // one record each
	} {
		blobtest.RunRot(t, func(on disk.FS, now func() time.Time) (blob.Store, error) {
			c.Dir, c.Disk, c.Now, c.Large = "segments", on, now, memory.New()
			return Open(c)
		}, 2000)
	}
}

func TestDamage(t *testing.T) {
	blobtest.RunDamage(t, func(on disk.FS, now func() time.Time) (blob.Store, error) {
		return Open(Config{Dir: "segments", Disk: on, Now: now, Large: memory.New(), Active: 2})
	})
}

func TestFull(t *testing.T) { blobtest.RunFull(t, smallSegments) }

// Few segments are open, so that some are opened for reading alone.
func TestReadOnly(t *testing.T) {
	blobtest.RunReadOnly(t, func(on disk.FS, now func() time.Time) (blob.Store, error) {
		large, err := file.Open(file.Config{Dir: "blob", Disk: on, Now: now})
		if err != nil {
			return nil, err
		}
		s, err := Open(Config{Dir: "segments", Disk: on, Now: now, Large: large, SegmentBytes: 100_000, OpenSegments: 1})
		if err != nil {
			return nil, errors.Join(err, large.Close())
		}
		return &both{s, large}, nil
	})
}
