package file

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/internal/directory"
	"ossd/engine/blob/internal/space"
	"ossd/internal/disk"
	"ossd/internal/durable"
)

const (
	layout      = "ossd blob files 2\n"
	layout1     = "ossd blob files 1\n" // without checksums
	dirPerm     = 0o700
	filePerm    = 0o600
	fanOut      = 256
	idBytes     = 16
	createTries = 3 // two equal random ids are a broken generator, not chance
)

// Config says where a store is and what it must leave free.
type Config struct {
	Dir          string
	Disk         disk.FS          // nil means the machine's own
	ReserveBytes int64            // free bytes that new blobs must not touch
	Random       io.Reader        // of the ids; nil means crypto/rand
	Now          func() time.Time // nil means time.Now
}

// Store is a blob.Store in a directory.
type Store struct {
	root   string
	disk   disk.FS
	random io.Reader
	space  *space.Guard
	lock   *durable.Lock
	dirs   [fanOut]*durable.Dir

	mu      sync.Mutex
	writing map[blob.Ref]struct{} // begun here and not ended
}

var _ blob.Store = (*Store)(nil)

// Open opens the store in config.Dir, which is made if need be. A directory
// that is open already, here or in another process, is refused with an error
// that names it; so is one with another layout.
func Open(config Config) (*Store, error) {
	on := disk.Or(config.Disk)
	s := &Store{
		root:    config.Dir,
		disk:    on,
		random:  config.Random,
		space:   space.New(on, config.Dir, config.ReserveBytes, config.Now),
		writing: map[blob.Ref]struct{}{},
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("blob/file: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) open() (err error) {
	if s.lock, err = directory.Open(s.disk, s.root, layout, layout1); err != nil {
		return err
	}
	return s.openDirs()
}

// openDirs makes the directories that are missing. Their names are synced even
// if none is: the process that made them may have been killed before it did.
func (s *Store) openDirs() error {
	on := durable.On{FS: s.disk}
	for i := range s.dirs {
		if err := on.Mkdir(s.dirPath(i), dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		var err error
		if s.dirs[i], err = on.OpenDir(s.dirPath(i)); err != nil {
			return err
		}
	}
	if err := on.SyncDir(s.root); err != nil {
		s.unmakeDirs()
		return err
	}
	return nil
}

// unmakeDirs removes the directories that nothing lies in. After a failed sync their
// names may be lost with the power, and a later one that succeeds would not tell: only
// names that are made anew are written anew.
func (s *Store) unmakeDirs() {
	for i := range s.dirs {
		_ = s.disk.Remove(s.dirPath(i)) // those that are not empty stay: they were synced before anything was put there
	}
}

func (s *Store) dirPath(i int) string { return filepath.Join(s.root, fmt.Sprintf("%02x", i)) }

// suffix marks the references of blobs with checksums.
const suffix = ".2"

func hasSums(ref blob.Ref) bool { return strings.HasSuffix(string(ref), suffix) }

// path returns where a reference's file is, and false if it cannot be one of
// ours. References come back from outside, so nothing else may become a path.
func (s *Store) path(ref blob.Ref) (string, bool) {
	id := strings.TrimSuffix(string(ref), suffix)
	if len(id) != 2*idBytes {
		return "", false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", false
		}
	}
	return filepath.Join(s.root, id[:2], string(ref)), true
}

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context, sizeHint int64) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.space.Check(max(0, sizeHint)); err != nil {
		return nil, err
	}
	var err error
	for range createTries {
		var w *writer
		if w, err = s.create(); !errors.Is(err, fs.ErrExist) {
			return orNil(w, space.Full(err))
		}
	}
	return nil, err
}

// orNil keeps a nil *writer from becoming a blob.Writer that is not nil.
func orNil(w *writer, err error) (blob.Writer, error) {
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (s *Store) create() (*writer, error) {
	var id [idBytes]byte
	if _, err := io.ReadFull(s.random, id[:]); err != nil {
		return nil, err
	}
	ref := blob.Ref(hex.EncodeToString(id[:]) + suffix)
	path, _ := s.path(ref)
	// Registered before there is a file, so that Walk cannot see it too early.
	s.begin(ref)
	f, err := s.disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		s.end(ref)
		return nil, err
	}
	return &writer{store: s, file: f, dir: s.dirs[id[0]], sums: sums{ref: ref}}, nil
}

func (s *Store) begin(ref blob.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing[ref] = struct{}{}
}

func (s *Store) end(ref blob.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.writing, ref)
}

func (s *Store) isWriting(ref blob.Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, writing := s.writing[ref]
	return writing
}

// Delete implements blob.Store. It does not sync: a blob that comes back after
// a power failure has no reference and is swept.
func (s *Store) Delete(ctx context.Context, ref blob.Ref) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path, ok := s.path(ref)
	if !ok {
		return nil
	}
	if err := s.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Close implements blob.Store.
func (s *Store) Close() error {
	var errs []error
	for _, d := range s.dirs {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}
