package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/gate"
	"ossd/engine/meta/internal/locktable"
	"ossd/internal/durable"
)

// ErrFailed is wrapped by every error after a commit could not be made durable.
var ErrFailed = errors.New("meta/pebble: store has failed and must be opened again")

// Config says where a store is and what it may use.
type Config struct {
	Dir        string
	FS         vfs.FS       // for tests; nil means the machine's own
	CacheBytes int64        // of table blocks; 0 means 256 MiB
	Logger     *slog.Logger // for Pebble's errors; nil means nobody reads them
}

// Store is a meta.Store in a directory.
type Store struct {
	db    *pebble.DB
	dir   io.Closer // the directory's lock
	gate  *gate.Gate
	locks *locktable.Table

	snapshots snapshots
	syncs     prometheus.Histogram // of the log; Pebble observes each

	// commit is held while a batch enters the log and the memtable, so that
	// none enters after a failure: Pebble would let it wait forever.
	commit sync.Mutex
	wedged bool // Pebble panicked with its own locks held
	failed atomic.Pointer[error]
}

var _ meta.Store = (*Store)(nil)

// Open opens the store in config.Dir, which is made if need be. A directory
// that is open already, here or in another process, is refused with an error
// that names it.
func Open(config Config) (*Store, error) {
	if config.CacheBytes == 0 {
		config.CacheBytes = defaultCacheBytes
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	opts := options(config.CacheBytes, logger{config.Logger})
	if config.FS == nil {
		if err := durable.MkdirAll(config.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("meta/pebble: %w", err)
		}
		opts.WithFSDefaults()
	} else {
		if err := config.FS.MkdirAll(config.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("meta/pebble: %w", err)
		}
		opts.FS = config.FS
	}
	lock, err := pebble.LockDirectory(config.Dir, opts.FS)
	if err != nil {
		return nil, fmt.Errorf("meta/pebble: directory %s cannot be locked, it may be in use: %w", config.Dir, err)
	}
	opts.Lock = lock
	db, err := pebble.Open(config.Dir, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("meta/pebble: open %s: %w", config.Dir, err), lock.Close())
	}
	return &Store{
		db: db, dir: lock, gate: gate.New(), locks: locktable.New(),
		snapshots: snapshots{db: db, rows: newCache()}, syncs: db.Metrics().LogWriter.FsyncLatency,
	}, nil
}

// View implements meta.Store.
func (s *Store) View(ctx context.Context, fn func(meta.Snapshot) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	snap := s.snapshots.acquire()
	r := reader{from: snap}
	defer func() {
		r.from = nil
		s.snapshots.release(snap)
	}()
	return fn(&r)
}

// Update implements meta.Store.
func (s *Store) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	held, err := s.locks.Acquire(ctx, locks)
	if err != nil {
		return err
	}
	defer held.Release()

	batch := s.db.NewIndexedBatch()
	defer batch.Close()
	t := &tx{reader: reader{from: written{batch, s.snapshots.rows}}, batch: batch}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	if batch.Empty() {
		return nil
	}
	return s.write(batch)
}

// write makes a batch durable.
func (s *Store) write(batch *pebble.Batch) error {
	if err := s.apply(batch); err != nil {
		return err
	}
	s.snapshots.tidy()
	if err := batch.SyncWait(); err != nil {
		return s.fail(err)
	}
	return s.failure()
}

// apply brings a batch into the log and the memtable, and makes it visible.
func (s *Store) apply(batch *pebble.Batch) (err error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.failure(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			s.wedged = true
			err = s.fail(asError(p))
		}
	}()
	defer s.snapshots.end()
	if err := s.snapshots.begin(batch); err != nil {
		return err
	}
	if err := s.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return s.fail(err)
	}
	return nil
}

// Close implements meta.Store. It waits for the calls under way. A failed
// store reports its failure once more.
func (s *Store) Close() error {
	if !s.gate.Close() {
		return meta.ErrClosed
	}
	failure := s.failure()
	if s.wedged {
		// Closing Pebble would wait for a lock that nobody gives back.
		return errors.Join(failure, s.dir.Close())
	}
	s.snapshots.end()
	s.snapshots.tidy()
	return errors.Join(failure, s.close(), s.dir.Close())
}

// close closes Pebble, which may panic if it has failed before.
func (s *Store) close() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("meta/pebble: close: %v", p)
		}
	}()
	return s.db.Close()
}

func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.gate.Enter() {
		return meta.ErrClosed
	}
	if err := s.failure(); err != nil {
		s.gate.Leave()
		return err
	}
	return nil
}

// fail poisons the store and returns the first failure.
func (s *Store) fail(cause error) error {
	err := fmt.Errorf("%w: %w", ErrFailed, cause)
	s.failed.CompareAndSwap(nil, &err)
	return s.failure()
}

func asError(panicked any) error {
	if err, ok := panicked.(error); ok {
		return err
	}
	return fmt.Errorf("%v", panicked)
}

func (s *Store) failure() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}
