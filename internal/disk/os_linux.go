package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (machine) Datasync(f File) error {
	datasyncs.Add(1)
	return pathError("fdatasync", f, control(f, unix.Fdatasync))
}

func (machine) StartWriteback(f File, offset, length int64) {
	_ = control(f, func(fd int) error { return unix.SyncFileRange(fd, offset, length, unix.SYNC_FILE_RANGE_WRITE) })
}

func (machine) PunchHole(f File, offset, length int64) error {
	return pathError("fallocate", f, control(f, func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, length)
	}))
}

func (machine) IsHole(f File, offset, length int64) bool {
	hole := false
	err := control(f, func(fd int) error {
		at, err := unix.Seek(fd, offset, unix.SEEK_DATA)
		hole = errors.Is(err, unix.ENXIO) || err == nil && at >= offset+length
		return nil
	})
	return err == nil && hole
}
