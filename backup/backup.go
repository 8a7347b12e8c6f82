// Package backup copies the files of a store to another directory, of which it
// verifies every byte when it brings them back. It knows nothing of what is in the
// files; who hands them over sees to it that they belong together.
//
// # Layout
//
//	BACKUP/FORMAT           names this layout
//	BACKUP/LOCK             locked while a backup is made
//	BACKUP/manifest         the files of the backup, see manifest.go
//	BACKUP/files/PATH.N     the copy of the file PATH that the N-th backup made
//
// # Life of a backup
//
//  1. Files that an earlier backup has a copy of are not copied again, see Source.
//     The others get a copy under a new name, which is synced, as are the directories.
//  2. The new manifest is synced and renamed over the old one. At that moment the
//     new backup takes the place of the old one, of which nothing was touched.
//  3. Copies that it does not name are removed. Those of a backup that never came to
//     2 are removed before the next begins.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"ossd/internal/durable"
	"ossd/internal/throttle"
)

const (
	formatText   = "ossd backup 1\n"
	manifestName = "manifest"
	filesDir     = "files"
	dirPerm      = 0o700
)

// Source is a file to be backed up.
type Source struct {
	Path string // its name in the store: relative, with slashes
	From string // where it lies
	// Keep says that a copy which an earlier backup made from the same store does as
	// well, if the file has still the length and the time of modification that it had
	// then. Of what lies in segments/, one of at least that length does: such a file
	// only ever grows, or what changes in it does not matter to whoever gets the older
	// bytes.
	Keep bool
}

// Config says what is backed up, and where to.
type Config struct {
	To      string
	Lineage []string // of the store, see Lineage
	Secrets bool     // the sources have the store's secrets; a note for who restores
	// Sources yields the files, in ascending order of their paths as ComparePaths
	// has it. It runs twice. A file with Keep may be gone when its turn comes.
	Sources iter.Seq2[Source, error]

	Rate     int64                       // bytes a second that are read; 0: as fast as it goes
	Progress func(done, total int64)     // bytes; may be nil
	Now      func() time.Time            // nil: time.Now
	Held     func(context.Context) error // asked before the manifest is written: do the files still belong together? May be nil
}

// Result is what a backup has.
type Result struct {
	Time        time.Time `json:"time"`
	Generation  int64     `json:"generation"`
	Files       int64     `json:"files"`
	Bytes       int64     `json:"bytes"`
	CopiedFiles int64     `json:"copiedFiles"` // by this backup
	CopiedBytes int64     `json:"copiedBytes"`
	Removed     int64     `json:"removedFiles"`      // of earlier backups
	Warning     string    `json:"warning,omitempty"` // what went wrong once the backup was made
}

// ErrOtherStore is wrapped by Make's error for a directory that has the backup of another store.
var ErrOtherStore = errors.New("the directory holds the backup of another store")

// Make brings the backup in c.To, which is made if need be, to what the sources
// are now. Whatever ends it early, the backup that was there before is still there.
func Make(ctx context.Context, c Config) (Result, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	lock, err := prepare(c.To)
	if err != nil {
		return Result{}, err
	}
	defer lock.Unlock()
	m := &maker{Config: c, ctx: ctx, flow: throttle.New(c.Rate), dirs: map[string]bool{}}
	m.Time = c.Now().UTC()
	old, err := openManifest(c.To)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m.Result, fmt.Errorf("%w; choose another directory", err)
	}
	if err == nil {
		defer old.close()
		if err := m.follow(old); err != nil {
			return m.Result, err
		}
	}
	m.Generation++
	if err := m.cleanBefore(); err != nil {
		return m.Result, err
	}
	if err := m.measure(); err != nil {
		return m.Result, err
	}
	if err := m.copyAll(); err != nil {
		return m.Result, err
	}
	// From here on the directory has this backup and no other: whatever fails now,
	// nobody may be told that the one before is still there.
	if err := m.clean(); err != nil {
		m.Warning = fmt.Sprintf("copies of earlier backups are left, which the next one removes: %v", err)
	}
	return m.Result, nil
}

// prepare makes or opens a backup's directory.
func prepare(to string) (*durable.Lock, error) {
	if err := durable.MkdirAll(to, dirPerm); err != nil {
		return nil, err
	}
	format := filepath.Join(to, "FORMAT")
	text, err := readFormat(to)
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(to)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Name() != "LOCK" && !strings.HasPrefix(e.Name(), ".FORMAT.") {
				return nil, fmt.Errorf("%s holds %s and is no backup; choose a directory that is empty or holds one", to, e.Name())
			}
		}
	} else if err != nil {
		return nil, err
	} else if text != formatText {
		return nil, fmt.Errorf("%s was written by another version of ossd (%q); choose another directory", to, strings.TrimSpace(text))
	}
	// A link would be followed here, and not by Restore.
	if info, err := os.Lstat(filepath.Join(to, filesDir)); err == nil && !info.IsDir() {
		return nil, errNoLinks(filepath.Join(to, filesDir))
	}
	lock, err := durable.LockFile(filepath.Join(to, "LOCK"))
	if err != nil {
		return nil, err
	}
	if text == "" {
		err = durable.WriteFile(format, []byte(formatText), 0o600)
	}
	if err == nil {
		err = durable.MkdirAll(filepath.Join(to, filesDir), dirPerm)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

// maker is one run of Make.
type maker struct {
	Config
	Result
	ctx   context.Context
	flow  *throttle.Throttle
	old   *manifest
	keep  bool // what the old backup has was copied from this very store
	total int64
	done  int64
	dirs  map[string]bool // that hold new copies
	named hashes          // of the copies that the new manifest names
}

// follow goes on from an older backup, if it is of this store or of one that this was restored from.
func (m *maker) follow(old *manifest) error {
	before := old.Lineage[0]
	for i, id := range m.Lineage {
		if id == before {
			m.old, m.Generation, m.keep = old, old.Generation, i == 0
			return nil
		}
	}
	return fmt.Errorf("%s: %w; choose another one", m.To, ErrOtherStore)
}

func (m *maker) measure() error {
	for s, err := range m.Sources {
		if err != nil {
			return err
		}
		info, err := os.Stat(s.From)
		if err == nil {
			m.total += info.Size()
		} else if !s.Keep || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return m.ctx.Err()
}

func (m *maker) copyAll() error {
	w, err := createManifest(m.To, header{Generation: m.Generation, Time: m.Time, Lineage: m.Lineage, Secrets: m.Secrets})
	if err != nil {
		return err
	}
	defer w.abort()
	last := ""
	for s, err := range m.Sources {
		if err != nil {
			return err
		}
		if last != "" && ComparePaths(last, s.Path) >= 0 {
			return fmt.Errorf("backup: source %q comes behind %q", s.Path, last)
		}
		last = s.Path
		f, err := m.file(s)
		if s.Keep && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		m.Files++
		m.Bytes += f.Size
		m.named.add(f.Copy)
		if err := w.add(f); err != nil {
			return err
		}
	}
	for dir := range m.dirs {
		if err := durable.SyncDir(dir); err != nil {
			return err
		}
	}
	if m.Held != nil {
		if err := m.Held(m.ctx); err != nil {
			return err
		}
	}
	return w.commit()
}

// file sees to it that there is a copy of a source.
func (m *maker) file(s Source) (file, error) {
	if err := m.ctx.Err(); err != nil {
		return file{}, err
	}
	old, err := m.old.find(s.Path)
	if err != nil {
		return file{}, err
	}
	if old != nil && s.Keep && m.keep && m.serves(s, old) {
		m.advance(int(old.Size))
		return *old, nil
	}
	f, err := m.copy(s)
	m.CopiedFiles++
	m.CopiedBytes += f.Size
	return f, err
}

// growing is where files lie whose time of modification says nothing about older copies.
const growing = "segments/"

// serves tells whether a copy of an earlier backup does. A store that was brought
// back by other means than Restore gives other bytes the names, and maybe the
// lengths, of files that it had before; their times differ. A growing file changes
// its time with every byte; a copy of it that is longer than it is now has what it
// has lost, for such files do not shrink.
func (m *maker) serves(s Source, old *file) bool {
	now, err := os.Stat(s.From)
	if err != nil || now.Size() > old.Size || !old.Settled {
		return false
	}
	if !strings.HasPrefix(s.Path, growing) && (now.Size() != old.Size || !now.ModTime().Equal(old.Modified)) {
		return false
	}
	kept, err := os.Stat(filepath.Join(m.To, filesDir, filepath.FromSlash(old.Copy)))
	return err == nil && kept.Size() == old.Size
}

// settling is how long a file must have been left alone before it was copied. One
// that was being written may have got other bytes of the same number since.
const settling = 2 * time.Second

func (m *maker) copy(s Source) (f file, err error) {
	in, err := os.Open(s.From)
	if err != nil {
		return f, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return f, err
	}
	f = file{
		Path: s.Path, Copy: fmt.Sprintf("%s.%d", s.Path, m.Generation), Mode: fmt.Sprintf("%04o", info.Mode().Perm()),
		Modified: info.ModTime().UTC(), Settled: m.Now().Sub(info.ModTime()) >= settling,
	}
	to := filepath.Join(m.To, filesDir, filepath.FromSlash(f.Copy))
	dir := filepath.Dir(to)
	if !m.dirs[dir] {
		if err := durable.MkdirAll(dir, dirPerm); err != nil {
			return f, err
		}
		m.dirs[dir] = true
	}
	// The length is that of now: what is appended meanwhile belongs to the next backup.
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an attempt that failed
		return f, err
	}
	out, err := create(to)
	if err != nil {
		return f, err
	}
	f.Size, f.SHA256, err = pour(m.ctx, out, io.LimitReader(in, info.Size()), m.flow, m.advance)
	return f, errors.Join(err, out.Close())
}

func (m *maker) advance(n int) {
	m.done += int64(n)
	if m.Progress != nil {
		m.Progress(m.done, max(m.total, m.done))
	}
}

// ComparePaths orders paths by their elements.
func ComparePaths(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, "/")
		y, restB, moreB := strings.Cut(b, "/")
		if c := strings.Compare(x, y); c != 0 || !moreA && !moreB {
			return c
		}
		if !moreA {
			return -1
		}
		if !moreB {
			return 1
		}
		a, b = restA, restB
	}
}

// localPath tells whether a path of a manifest leads to a place below its directory.
func localPath(p string) bool { return p == path.Clean(p) && filepath.IsLocal(filepath.FromSlash(p)) }
