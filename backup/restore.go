package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ossd/internal/durable"
	"ossd/internal/throttle"
)

// Restoring says what is restored, and where to.
type Restoring struct {
	From string
	To   string // a directory that is empty or does not exist; "": the backup is only verified
	Last string // the file without which the others are no store: it is written when all others are durable

	Rate     int64                   // bytes a second that are read; 0: as fast as it goes
	Progress func(done, total int64) // bytes; may be nil
}

// Restored is what a backup had.
type Restored struct {
	Time    time.Time `json:"time"` // when it was made
	Files   int64     `json:"files"`
	Bytes   int64     `json:"bytes"`
	Secrets bool      `json:"secrets"`           // they were in it
	Damaged []string  `json:"damaged,omitempty"` // files of the backup that are not what was written, at most maxDamaged
}

const maxDamaged = 1000

// Restore brings back a backup, of which it verifies every byte. If any is wrong
// the result names the files, the error wraps ErrDamaged, and Last is not written.
func Restore(ctx context.Context, c Restoring) (Restored, error) {
	r := &restorer{Restoring: c, ctx: ctx, flow: throttle.New(c.Rate), dirs: map[string]bool{}}
	if err := isBackup(c.From); err != nil {
		return r.Restored, err
	}
	m, err := openManifest(c.From)
	if err != nil {
		return r.Restored, err
	}
	defer m.close()
	if r.from, err = os.OpenRoot(c.From); err != nil {
		return r.Restored, err
	}
	defer r.from.Close()
	r.Time, r.Secrets = m.Time, m.Secrets
	if err := r.measure(m); err != nil {
		return r.Restored, err
	}
	if c.To == "" {
		return r.Restored, r.files(m)
	}
	lock, err := claim(c.To)
	if err != nil {
		return r.Restored, err
	}
	defer lock.Unlock()
	if err := r.files(m); err != nil {
		return r.Restored, err
	}
	return r.Restored, r.finish(m.Lineage)
}

func isBackup(dir string) error {
	text, err := readFormat(dir)
	if err != nil || text != formatText {
		return fmt.Errorf("%s is no backup of this version of ossd: %w", dir, errors.Join(err, fmt.Errorf("its FORMAT says %q", strings.TrimSpace(text))))
	}
	return nil
}

// claim makes sure that nothing is overwritten and that no server starts there meanwhile.
func claim(to string) (*durable.Lock, error) {
	if err := durable.MkdirAll(to, dirPerm); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(to)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty (it holds %s); choose another directory, or empty it if it is left of a restore that failed", to, entries[0].Name())
	}
	return durable.LockFile(filepath.Join(to, "LOCK"))
}

// restorer is one run of Restore.
type restorer struct {
	Restoring
	Restored
	ctx         context.Context
	from        *os.Root
	flow        *throttle.Throttle
	done, total int64
	dirs        map[string]bool
	last        *file
}

func (r *restorer) measure(m *manifest) error {
	for {
		f, err := m.next()
		if err == io.EOF {
			return m.rewind()
		}
		if err != nil {
			return err
		}
		r.total += f.Size
	}
}

// files restores all but the last, and fails if any is damaged, that one included.
func (r *restorer) files(m *manifest) error {
	for {
		f, err := m.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		to := r.To
		if f.Path == r.Last {
			r.last, to = &f, "" // now it is only verified
		}
		if err := r.file(f, to); err != nil {
			return err
		}
		r.Files++
		r.Bytes += f.Size
	}
	if len(r.Damaged) > 0 {
		return fmt.Errorf("%w: %d of its files, the first is %s", ErrDamaged, len(r.Damaged), r.Damaged[0])
	}
	return nil
}

// file restores one file; that it is damaged is no error here, so that all such are named.
func (r *restorer) file(f file, to string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	damaged := func(why string) error {
		if len(r.Damaged) < maxDamaged {
			r.Damaged = append(r.Damaged, filepath.Join(filesDir, filepath.FromSlash(f.Copy))+": "+why)
		}
		return nil
	}
	in, info, err := openPlain(r.from, filepath.Join(filesDir, filepath.FromSlash(f.Copy)))
	if err != nil {
		return damaged(err.Error())
	}
	defer in.Close()
	if info.Size() != f.Size { // before a disk is filled with what nobody wrote
		return damaged(fmt.Sprintf("it has %d bytes, %d were written", info.Size(), f.Size))
	}
	var out *sparse
	if to != "" {
		if out, err = r.create(f, to); err != nil {
			return err
		}
		defer out.Close()
	}
	size, sum, err := pour(r.ctx, out, io.LimitReader(in, f.Size), r.flow, r.advance)
	if out != nil && (err != nil || size != f.Size || sum != f.SHA256) {
		os.Remove(out.Name()) // nobody must take it for a file of the store
	}
	var path *os.PathError
	switch {
	case errors.As(err, &path) && path.Path == in.Name():
		return damaged(err.Error())
	case err != nil:
		return err
	case size != f.Size: // it was cut meanwhile
		return damaged(fmt.Sprintf("it has %d bytes, %d were written", size, f.Size))
	case sum != f.SHA256:
		return damaged("its bytes are not those that were written")
	case out != nil:
		return r.dress(out, f)
	}
	return nil
}

func (r *restorer) create(f file, to string) (*sparse, error) {
	name := filepath.Join(to, filepath.FromSlash(f.Path))
	dir := filepath.Dir(name)
	if !r.dirs[dir] {
		if err := durable.MkdirAll(dir, dirPerm); err != nil {
			return nil, err
		}
		r.dirs[dir] = true
	}
	return create(name)
}

// dress gives a file its permissions and its age, which only the bytes that were
// written may have: until then they are their owner's alone.
func (r *restorer) dress(out *sparse, f file) error {
	mode, err := strconv.ParseUint(f.Mode, 8, 9)
	if err == nil {
		err = out.Chmod(os.FileMode(mode))
	}
	if err != nil {
		return err
	}
	// The sweeper tells by its age whether a file may be an upload that is under way.
	return os.Chtimes(out.Name(), f.Modified, f.Modified)
}

// finish makes all that was restored durable, and then a store of it.
func (r *restorer) finish(lineage []string) error {
	for dir := range r.dirs {
		if err := durable.SyncDir(dir); err != nil {
			return err
		}
	}
	// From now on it goes its own way.
	ids := slices.Concat([]string{rand.Text()}, lineage)
	if err := writeLineage(filepath.Join(r.To, LineageFile), ids); err != nil {
		return err
	}
	if r.last == nil {
		return fmt.Errorf("%w: it has no %s", ErrDamaged, r.Last)
	}
	if err := r.file(*r.last, r.To); err != nil {
		return err
	}
	if len(r.Damaged) > 0 { // since it was verified
		return fmt.Errorf("%w: %s", ErrDamaged, r.Damaged[0])
	}
	return durable.SyncDir(r.To)
}

func (r *restorer) advance(n int) {
	r.done += int64(n)
	if r.Progress != nil {
		r.Progress(r.done, max(r.total, r.done))
	}
}
