package segment

import (
	"errors"
	"slices"
	"time"
)

// page is the unit in which space is given back.
const page = 4096

// sector is what a disk writes as a whole, or not at all, when the power fails.
const sector = 512

// gap is a run of dead records.
type gap struct {
	offset, end int64
	records     int
}

// grows tells whether the dead record at offset may be joined to the gap. That rewrites the
// gap's header, which must not be torn: a scan would end there. So a record whose header
// lies in two sectors begins no gap but its own.
func (g gap) grows(offset int64) bool {
	return g.end == offset && g.offset%sector+recordHeader <= sector
}

// pages is what can be given back: the whole pages behind the gap's header.
func (g gap) pages() (from, to int64) {
	return (g.offset + recordHeader + page - 1) &^ (page - 1), g.end &^ (page - 1)
}

// hollow joins the dead records of each gap into one and gives back the pages
// within. The gaps' headers, and that what they cover is dead, are durable before
// the first page is lost: else a crash between the two could end every later scan
// there, or leave a record that seems to live and has lost its bytes.
func (s *segment) hollow(gaps []gap) error {
	gaps = slices.DeleteFunc(gaps, func(g gap) bool {
		from, to := g.pages()
		return from >= to || s.disk.IsHole(s.file, from, to-from)
	})
	if len(gaps) == 0 || s.isBroken() {
		return nil
	}
	for _, g := range gaps {
		if err := s.join(g); err != nil {
			return err
		}
	}
	if err := s.makeDurable(); err != nil {
		return err
	}
	for _, g := range gaps {
		from, to := g.pages()
		err := s.disk.PunchHole(s.file, from, to-from)
		if errors.Is(err, errors.ErrUnsupported) {
			return nil // such a file system gives space back with whole segments only
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// join makes one record of a gap.
func (s *segment) join(g gap) error {
	if g.records == 1 {
		return nil
	}
	h := header{state: dead, kind: kindGap, written: time.Unix(0, 0), length: g.end - g.offset - recordHeader}
	var b [recordHeader]byte
	h.put(b[:], s.id, g.offset)
	_, err := s.file.WriteAt(b[:], g.offset)
	return err
}
