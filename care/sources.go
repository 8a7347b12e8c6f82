package care

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"ossd/backup"
)

// secretFiles are left out of a backup unless they are asked for: who has them and
// the rest has every secret of the store, in the open or to be opened.
var secretFiles = map[string]bool{"credentials": true, "master.key": true, "tls": true}

// Sources lists the files of a frozen store for a backup, as they lie below data. That
// is this process's own path: another one, such as a server in a container, may see
// the directory elsewhere. A store that lacks what every store has is an error.
// Left out are locks, the
// socket, the audit log, which has a life of its own, and secrets unless they are wanted.
//
// Blobs that are being written are in it, as far as they have come: nothing names
// them, and the sweeper of whoever restores them frees them.
func Sources(data string, secrets bool) iter.Seq2[backup.Source, error] {
	return func(yield func(backup.Source, error) bool) {
		for _, top := range []string{"FORMAT", "blob", "credentials", "master.key", "meta", "segments", "tls"} {
			if secretFiles[top] && !secrets {
				continue
			}
			from := filepath.Join(data, top)
			if top == "meta" {
				from = filepath.Join(data, checkpointDir)
			}
			_, err := os.Lstat(from)
			if errors.Is(err, fs.ErrNotExist) && secretFiles[top] {
				continue
			}
			if err == nil && top == "meta" {
				err = holdsRows(from)
			}
			if err != nil {
				yield(backup.Source{}, err)
				return
			}
			if !walk(top, from, yield) {
				return
			}
		}
	}
}

// holdsRows tells that a directory is no checkpoint. Without its rows a backup would look like
// that of an empty store.
func holdsRows(dir string) error {
	manifests, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	if err == nil && len(manifests) == 0 {
		err = fmt.Errorf("%s has no rows: is --data the directory of the server that answers?", dir)
	}
	return err
}

// walk yields the files at and below a path, in the order of backup.ComparePaths.
func walk(name, from string, yield func(backup.Source, error) bool) bool {
	info, err := os.Lstat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "blob/"):
		return true // one that was never named has just been given up
	case err != nil:
		return yield(backup.Source{}, err)
	case info.Mode().IsRegular():
		return yield(backup.Source{Path: name, From: from, Keep: grows(name)}, nil)
	case !info.IsDir():
		return true
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return yield(backup.Source{}, err)
	}
	for _, e := range entries {
		if e.Name() == "LOCK" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !walk(path.Join(name, e.Name()), filepath.Join(from, e.Name()), yield) {
			return false
		}
	}
	return true
}

// grows tells whether an older copy of the same length does as well. That is so
// for the tables of the rows and for large blobs, which are written once. Segments
// change in place where a blob has died: an older copy has it still, and nothing
// that refers to it.
func grows(name string) bool {
	if path.Base(name) == "FORMAT" {
		return false
	}
	switch top, _, _ := strings.Cut(name, "/"); top {
	case "blob", "segments":
		return true
	case "meta":
		return path.Ext(name) == ".sst" || path.Ext(name) == ".blob"
	}
	return false
}

// Backup is what Backup needs to know.
type Backup struct {
	Data, To string
	Secrets  bool
	Rate     int64                   // bytes a second; 0: as fast as it goes
	Progress func(done, total int64) // bytes; may be nil
}

// BackUp makes a backup of the store that k keeps, or brings an older one up to date.
func BackUp(ctx context.Context, k Keeper, b Backup) (backup.Result, error) {
	f, err := k.Freeze(ctx)
	if err != nil {
		return backup.Result{}, err
	}
	defer f.Thaw()
	lineage, err := backup.Lineage(b.Data)
	if err != nil {
		return backup.Result{}, err
	}
	r, err := backup.Make(ctx, backup.Config{
		To: b.To, Lineage: lineage, Secrets: b.Secrets, Sources: Sources(b.Data, b.Secrets), Rate: b.Rate, Progress: b.Progress, Held: f.Held,
	})
	if err != nil {
		// That the store is no longer frozen explains what else went wrong.
		return r, errors.Join(f.Held(ctx), err)
	}
	return r, errors.Join(f.Thaw(), k.BackedUp(ctx, r))
}
