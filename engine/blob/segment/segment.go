package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/internal/space"
	"ossd/internal/disk"
	"ossd/internal/durable"
)

// segment is one file. Its descriptor is shared by all who read or write it.
type segment struct {
	id   uint64
	disk disk.FS
	file disk.File
	sync *durable.Group

	mu       sync.Mutex
	end      int64            // where the next record goes; 0: nothing is appended any more
	inflight map[int64]uint64 // offsets of records whose commit has not ended
	broken   bool             // a sync has failed: none is tried again

	uses atomic.Int64 // who holds it, the table of open segments included
}

var errSealed = errors.New("blob/segment: segment is sealed")

func segmentPath(dir string, id uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.seg", id))
}

// create makes a segment whose name and header are durable.
func create(on disk.FS, dir string, id uint64) (*segment, error) {
	path := segmentPath(dir, id)
	f, err := on.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return nil, err
	}
	head := make([]byte, segmentHeader)
	copy(head, segmentMagic)
	binary.BigEndian.PutUint64(head[8:], id)
	_, err = f.WriteAt(head, 0)
	if err == nil {
		err = on.Datasync(f)
	}
	if err == nil {
		err = durable.On{FS: on}.SyncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), on.Remove(path))
	}
	s := newSegment(on, id, f)
	s.end, s.inflight = segmentHeader, map[int64]uint64{}
	return s, nil
}

// openSegment opens one that is only read, and has records marked as dead. On a
// file system that cannot be written to, it can still be read.
func openSegment(on disk.FS, dir string, id uint64) (*segment, error) {
	f, err := on.OpenFile(segmentPath(dir, id), os.O_RDWR, 0)
	if errors.Is(err, syscall.EROFS) {
		f, err = on.OpenFile(segmentPath(dir, id), os.O_RDONLY, 0)
	}
	if err != nil {
		return nil, err
	}
	var head [16]byte
	_, err = f.ReadAt(head[:], 0)
	if err == io.EOF || err == nil && (string(head[:8]) != segmentMagic || binary.BigEndian.Uint64(head[8:]) != id) {
		err = fmt.Errorf("%w: %s has no header", blob.ErrCorrupt, segmentPath(dir, id))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return newSegment(on, id, f), nil
}

func newSegment(on disk.FS, id uint64, f disk.File) *segment {
	s := &segment{id: id, disk: on, file: f}
	s.sync = durable.NewGroup(func() error { return on.Datasync(f) })
	s.uses.Store(1)
	return s
}

// release ends a use. The last one closes the file.
func (s *segment) release() {
	if s.uses.Add(-1) == 0 {
		s.file.Close() // all that matters has been synced
	}
}

// append writes a record, which begins with room for its header, and returns
// when it is durable. errSealed means that it must go to another segment. After
// any other error nothing is appended to this one again, unless there was no
// room: then what comes when there is some may still go here.
func (s *segment) append(record []byte, now time.Time, full int64) (place, error) {
	p := place{segment: s.id, length: int64(len(record) - recordHeader)}
	s.mu.Lock()
	if s.end == 0 || s.end >= full {
		s.end = 0
		s.mu.Unlock()
		return p, errSealed
	}
	p.offset = s.end
	seal(record, s.id, p.offset, now)
	if _, err := s.file.WriteAt(record, p.offset); err != nil {
		// What was written of it must not stand behind the last record.
		cut := s.file.Truncate(p.offset)
		if cut != nil || !errors.Is(space.Full(err), blob.ErrFull) {
			s.end = 0
		}
		s.mu.Unlock()
		return p, errors.Join(err, cut)
	}
	s.end += span(p.length)
	s.inflight[p.offset]++
	s.mu.Unlock()

	err := s.makeDurable()
	s.mu.Lock()
	delete(s.inflight, p.offset)
	s.mu.Unlock()
	return p, err
}

// makeDurable syncs what has been written, together with others who ask for
// that. A failure ends appending.
func (s *segment) makeDurable() error {
	err := s.sync.Sync()
	if err != nil {
		s.mu.Lock()
		s.end, s.broken = 0, true
		s.mu.Unlock()
	}
	return err
}

func (s *segment) isBroken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// isActive tells whether anything may still be appended.
func (s *segment) isActive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end > 0
}

// retire ends appending and tells whether the segment has no record. Both are
// one step, or a record could be acknowledged between them.
func (s *segment) retire() (empty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	empty = s.end == segmentHeader
	s.end = 0
	return empty
}

func (s *segment) isInflight(offset int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.inflight[offset]
	return ok
}

// extent is how far the records go: what has been appended, or the whole file.
func (s *segment) extent() (int64, error) {
	s.mu.Lock()
	end := s.end
	s.mu.Unlock()
	if end > 0 {
		return end, nil
	}
	info, err := s.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// readHeader returns a record's header.
func (s *segment) readHeader(offset int64) (h header, ok bool, err error) {
	var b [recordHeader]byte
	if _, err := s.file.ReadAt(b[:], offset); err != nil {
		if err == io.EOF {
			err = nil
		}
		return h, false, err
	}
	h, ok = readHeader(b[:], s.id, offset)
	return h, ok, nil
}

// kill marks a record as dead.
func (s *segment) kill(offset int64) error {
	var state [4]byte
	binary.BigEndian.PutUint32(state[:], dead)
	_, err := s.file.WriteAt(state[:], offset)
	return err
}
