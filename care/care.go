// Package care looks after a store: it lets rows and bytes be checked and read
// again, its files be backed up, and all of it move elsewhere, also while a server has
// it open. It knows nothing of what rows and files mean, which objectstore, backup and
// migrate do.
//
// Whoever wants to look after a store needs a Keeper. Local is the one of the
// process that has the store open. A server offers its own on a socket in the
// data directory (Listen, Serve), where Dial finds it.
package care

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ossd/backup"
	"ossd/engine/meta"
	"ossd/migrate"
	"ossd/objectstore"
)

// What objectstore tells goes through unchanged.
type (
	Finding  = objectstore.Finding
	Checked  = objectstore.Checked
	Scrubbed = objectstore.Scrubbed
)

// Watch hears what goes on. Its functions are called one at a time.
type Watch struct {
	Found    func(Finding)           // must not be nil
	Progress func(done, total int64) // rows of a check, bytes of a scrub
	Moving   func(migrate.Progress)
}

// Keeper looks after one store.
type Keeper interface {
	// Check compares rows and blobs; see objectstore.
	Check(ctx context.Context, orphanAge time.Duration, w Watch) (Checked, error)
	// Scrub reads all bytes, at so many a second (0: as fast as it goes); see objectstore.
	Scrub(ctx context.Context, bytesPerSecond int64, w Watch) (Scrubbed, error)
	// Freeze makes a checkpoint of the rows and keeps the bytes that these name
	// where they are, until Thaw. It is refused while another lasts.
	Freeze(ctx context.Context) (Frozen, error)
	// BackedUp notes that a backup was made.
	BackedUp(ctx context.Context, r backup.Result) error
	// Migrate copies the store to other engines; where nobody else uses it, it moves
	// there. What was copied stays, whatever happens: another call goes on.
	Migrate(ctx context.Context, m Migration, w Watch) (migrate.Result, error)
	// Close ends what there is to end; a store that was opened for it is closed.
	Close() error
}

// Frozen is a store whose files may be copied.
type Frozen interface {
	// Held fails if the store has not been frozen all the time until now.
	Held(ctx context.Context) error
	// Thaw ends it. It may be called again.
	Thaw() error
}

// Local is the Keeper of the process that has the store open.
type Local struct {
	Objects *objectstore.Store
	Rows    meta.Checkpointer // nil: there are no files, and there is nothing to freeze
	Data    string            // directory
	OnClose func() error      // may be nil

	// Alone says that nobody else uses the store while it is open.
	Alone bool
	// Destination opens what a store moves to, and closes it; nil: it cannot move.
	Destination func(context.Context, migrate.Target) (to migrate.Destination, closeAll func() error, err error)

	freezing, moving sync.Mutex
}

var _ Keeper = (*Local)(nil)

// Check implements Keeper.
func (l *Local) Check(ctx context.Context, orphanAge time.Duration, w Watch) (Checked, error) {
	return l.Objects.Check(ctx, objectstore.Checking{OrphanAge: orphanAge, Found: w.Found, Progress: w.Progress})
}

// Scrub implements Keeper.
func (l *Local) Scrub(ctx context.Context, bytesPerSecond int64, w Watch) (Scrubbed, error) {
	return l.Objects.Scrub(ctx, objectstore.Scrubbing{Rate: bytesPerSecond, Found: w.Found, Progress: w.Progress})
}

// checkpointDir is made by Freeze below the data directory. One that a crash has left is removed.
const checkpointDir = "checkpoint"

// RemoveCheckpoint removes what a process that was killed has left: it holds on to
// files that the store has deleted since.
func RemoveCheckpoint(data string) error { return os.RemoveAll(filepath.Join(data, checkpointDir)) }

// Freeze implements Keeper. The blobs are held first: none that the checkpoint
// names can be freed in between.
func (l *Local) Freeze(ctx context.Context) (Frozen, error) {
	if l.Rows == nil {
		return nil, errors.New("this store is not in files, and cannot be backed up")
	}
	if !l.freezing.TryLock() {
		return nil, errors.New("a backup of this store is being made already; wait until it has ended")
	}
	f := &frozen{dir: filepath.Join(l.Data, checkpointDir), release: l.Objects.Hold(), unlock: l.freezing.Unlock}
	err := RemoveCheckpoint(l.Data)
	if err == nil {
		err = l.Rows.Checkpoint(f.dir)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, f.Thaw())
	}
	return f, nil
}

type frozen struct {
	dir             string
	release, unlock func()
	once            sync.Once
}

func (f *frozen) Held(ctx context.Context) error { return ctx.Err() }

func (f *frozen) Thaw() (err error) {
	f.once.Do(func() {
		err = os.RemoveAll(f.dir)
		f.release()
		f.unlock()
	})
	return err
}

// BackedUp implements Keeper.
func (l *Local) BackedUp(_ context.Context, r backup.Result) error {
	if err := writeLastBackup(l.Data, r); err != nil {
		return fmt.Errorf("the backup is made, but cannot be noted: %w", err)
	}
	return nil
}

// Close implements Keeper.
func (l *Local) Close() error {
	if l.OnClose == nil {
		return nil
	}
	return l.OnClose()
}
