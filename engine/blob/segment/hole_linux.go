package segment

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// page is the unit in which space is given back.
const page = 4096

// hollow joins dead records into one gap and gives back the whole pages within.
// The gap's header is durable before the headers of what it covers are lost:
// else a crash between the two would end every later scan there.
func (s *segment) hollow(g gap) error {
	from := (g.offset + recordHeader + page - 1) &^ (page - 1)
	to := g.end &^ (page - 1)
	if from >= to || s.isHole(from, to) {
		return nil
	}
	if g.records > 1 {
		h := header{state: dead, kind: kindGap, written: time.Unix(0, 0), length: g.end - g.offset - recordHeader}
		var b [recordHeader]byte
		h.put(b[:], s.id, g.offset)
		if _, err := s.file.WriteAt(b[:], g.offset); err != nil {
			return err
		}
		if err := s.sync.Sync(); err != nil {
			return err
		}
	}
	err := unix.Fallocate(int(s.file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, from, to-from)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil // such a file system gives space back with whole segments only
	}
	return err
}

// isHole tells whether there is nothing to give back.
func (s *segment) isHole(from, to int64) bool {
	at, err := unix.Seek(int(s.file.Fd()), from, unix.SEEK_DATA)
	return errors.Is(err, unix.ENXIO) || err == nil && at >= to
}
