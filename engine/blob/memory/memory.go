// Package memory keeps blobs in memory, for tests. It knows nothing of disks;
// what it holds ends with the process.
//
// It is strict where callers go wrong: it refuses a writer that has ended.
package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"strings"
	"sync"
	"time"

	"ossd/engine/blob"
)

// Config says what a store may hold.
type Config struct {
	MaxBytes int64            // of all blobs together, beyond it blob.ErrFull; 0 means no limit
	Now      func() time.Time // nil means time.Now
}

// Store is a blob.Store in memory.
type Store struct {
	max int64
	now func() time.Time

	mu    sync.Mutex
	last  uint64
	used  int64 // bytes of blobs and of unfinished writers
	blobs map[blob.Ref]stored
}

type stored struct {
	data    []byte
	written time.Time
}

var (
	_ blob.Store    = (*Store)(nil)
	_ blob.Importer = (*Store)(nil)
)

var errEnded = errors.New("blob/memory: writer has ended")

// New returns an empty store without limit.
func New() blob.Store { return Open(Config{}) }

// Open returns an empty store.
func Open(config Config) *Store {
	s := &Store{max: config.MaxBytes, now: config.Now, blobs: map[blob.Ref]stored{}}
	if s.max == 0 {
		s.max = math.MaxInt64
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context, sizeHint int64) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sizeHint > s.max-s.used {
		return nil, blob.ErrFull
	}
	return &writer{store: s}, nil
}

// prefix begins the names that the store chooses itself.
const prefix = "mem-"

// Import implements blob.Importer.
func (s *Store) Import(ctx context.Context, ref blob.Ref, sizeHint int64) (blob.Writer, error) {
	if !blob.ValidRef(ref) || strings.HasPrefix(string(ref), prefix) {
		return nil, fmt.Errorf("blob/memory: %q cannot be the name of another store's blob", ref)
	}
	w, err := s.Create(ctx, sizeHint)
	if err != nil {
		return nil, err
	}
	w.(*writer).ref = ref
	return w, nil
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	b, ok := s.blobs[ref]
	s.mu.Unlock()
	if !ok {
		return nil, blob.ErrNotFound
	}
	if offset < 0 || length < -1 {
		return nil, fmt.Errorf("blob/memory: invalid range %d, %d", offset, length)
	}
	size := int64(len(b.data))
	if length == -1 {
		length = max(0, size-offset)
	}
	if offset > size || length > size-offset {
		return nil, io.ErrUnexpectedEOF
	}
	return reader{bytes.NewReader(b.data[offset:][:length])}, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, ref blob.Ref) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= int64(len(s.blobs[ref].data))
	delete(s.blobs, ref)
	return nil
}

// Walk implements blob.Store.
func (s *Store) Walk(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	s.mu.Lock()
	blobs := maps.Clone(s.blobs) // fn may call the store
	s.mu.Unlock()
	for ref, b := range blobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !b.written.Before(olderThan) {
			continue
		}
		if err := fn(ref, int64(len(b.data))); err != nil {
			return err
		}
	}
	return nil
}

// Close implements blob.Store.
func (s *Store) Close() error { return nil }

type writer struct {
	store *Store
	ref   blob.Ref // of another store; empty: the next of this one
	data  []byte
	full  bool
	ended bool
}

func (w *writer) Write(p []byte) (int, error) {
	if w.ended {
		return 0, errEnded
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.full = w.full || int64(len(p)) > w.store.max-w.store.used; w.full {
		return 0, blob.ErrFull
	}
	w.store.used += int64(len(p))
	w.data = append(w.data, p...)
	return len(p), nil
}

func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if w.ended {
		return "", errEnded
	}
	if err := ctx.Err(); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	if w.full {
		return "", errors.Join(blob.ErrFull, w.Abort())
	}
	w.ended = true
	s := w.store
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := w.ref
	if ref == "" {
		s.last++
		ref = blob.Ref(fmt.Sprint(prefix, s.last))
	}
	s.used -= int64(len(s.blobs[ref].data)) // of an earlier import
	s.blobs[ref] = stored{w.data, s.now()}
	return ref, nil
}

func (w *writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.used -= int64(len(w.data))
	w.data = nil
	return nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }
