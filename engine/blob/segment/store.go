package segment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/internal/space"
	"ossd/internal/durable"
)

const (
	format   = "ossd blob segments 1\n"
	dirPerm  = 0o700
	filePerm = 0o600
)

// Config says where a store is, and what goes elsewhere.
type Config struct {
	Dir   string
	Large blob.Store // for longer blobs; the store does not close it

	Limit        int64            // the longest blob that is kept here, in bytes; 0: 256 KiB, the most there can be
	SegmentBytes int64            // from where on a segment is full; 0: 1 GiB
	Active       int              // segments that are appended to at the same time; 0: 1, whose syncs have the most company
	OpenSegments int              // descriptors that are kept; 0: 256
	ReserveBytes int64            // free bytes that new blobs must not touch
	Now          func() time.Time // nil: time.Now
}

// Store is a blob.Store in a directory and another one.
type Store struct {
	Config
	space *space.Guard
	lock  *durable.Lock
	open  *table

	mu     sync.Mutex
	last   uint64     // the greatest segment id so far
	active []*segment // where the next records go, in turn; nil: not made yet
	turn   int
	closed bool
}

var _ blob.Store = (*Store)(nil)

// Open opens the store in c.Dir, which is made if need be. A directory that is
// open already, here or in another process, is refused with an error that names it.
func Open(c Config) (*Store, error) {
	if c.Limit == 0 {
		c.Limit = MaxLimit
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = 1 << 30
	}
	if c.Active == 0 {
		c.Active = 1
	}
	if c.OpenSegments == 0 {
		c.OpenSegments = 256
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	// Offsets have 32 bits.
	if c.Limit < 0 || c.Limit > MaxLimit || c.SegmentBytes > 1<<31 {
		return nil, fmt.Errorf("blob/segment: limit %d or segment size %d is out of range", c.Limit, c.SegmentBytes)
	}
	s := &Store{Config: c, space: space.New(c.Dir, c.ReserveBytes, c.Now), active: make([]*segment, c.Active)}
	s.open = newTable(c.Dir, c.OpenSegments)
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("blob/segment: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) prepare() (err error) {
	if err := durable.MkdirAll(s.Dir, dirPerm); err != nil {
		return err
	}
	if s.lock, err = durable.LockFile(filepath.Join(s.Dir, "LOCK")); err != nil {
		return err
	}
	path := filepath.Join(s.Dir, "FORMAT")
	switch got, err := os.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := durable.WriteFile(path, []byte(format), filePerm); err != nil {
			return err
		}
	case err != nil:
		return err
	case string(got) != format:
		return fmt.Errorf("%s says %q, this program knows %q", path, got, format)
	}
	ids, err := s.segments()
	if len(ids) > 0 {
		s.last = ids[len(ids)-1]
	}
	return err
}

// segments lists the ids of all segments, ascending.
func (s *Store) segments() (ids []uint64, err error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".seg")
		id, err := strconv.ParseUint(name, 16, 64)
		if ok && err == nil && segmentPath("", id) == e.Name() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context, sizeHint int64) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if sizeHint > s.Limit {
		return s.Large.Create(ctx, sizeHint)
	}
	if err := s.space.Check(max(0, sizeHint)); err != nil {
		return nil, err
	}
	return &writer{store: s, ctx: ctx, record: newRecord(sizeHint)}, nil
}

// commit appends a record to one of the active segments.
func (s *Store) commit(record []byte) (blob.Ref, error) {
	if err := s.space.Take(span(int64(len(record)))); err != nil {
		return "", err
	}
	for {
		seg, err := s.next()
		if err != nil {
			return "", space.Full(err)
		}
		p, err := seg.append(record, s.Now(), s.SegmentBytes)
		seg.release()
		if err == nil {
			return p.ref(), nil
		}
		if !errors.Is(err, errSealed) {
			return "", space.Full(err)
		}
	}
}

var errClosed = errors.New("blob/segment: store is closed")

// next returns an active segment, which the caller must release. One that is
// full or has failed is replaced.
func (s *Store) next() (*segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	s.turn = (s.turn + 1) % len(s.active)
	at := &s.active[s.turn]
	if *at == nil || !(*at).isActive() {
		// Ids are times, so that none is ever given to a second segment, not even
		// where the last one was removed since.
		id := max(s.last+1, uint64(s.Now().UnixNano()))
		seg, err := create(s.Dir, id)
		if err != nil {
			return nil, err
		}
		s.last = id
		if *at != nil {
			(*at).release()
		}
		*at = seg
		seg.uses.Add(1) // of the table and of this
		s.open.add(seg)
	}
	(*at).uses.Add(1)
	return *at, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, ref blob.Ref) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, ok := parseRef(ref)
	if !ok {
		return s.Large.Delete(ctx, ref)
	}
	seg, err := s.open.get(p.segment)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer seg.release()
	h, ok, err := seg.readHeader(p.offset)
	if err != nil || !ok || h.kind != kindBlob || h.length != p.length || h.state == dead {
		return err
	}
	return seg.kill(p.offset)
}

// Close implements blob.Store. Segments without a record are removed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, seg := range s.active {
		if seg == nil {
			continue
		}
		empty := seg.retire()
		seg.release()
		if empty {
			errs = append(errs, os.Remove(segmentPath(s.Dir, seg.id)))
		}
	}
	s.open.close()
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}
