package objectstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Swept counts what one pass of Sweep freed.
type Swept struct {
	Garbage int // blobs of replaced and deleted objects
	Orphans int // blobs that no object ever came to refer to
	Uploads int // abandoned multipart uploads that were aborted
}

// Sweep frees the blobs whose grace has passed, abandoned uploads and the
// orphans. It may run beside everything else, and be cut off anywhere: the next
// pass goes on. While blobs are held (Hold), and beside another pass, it does nothing.
func (s *Store) Sweep(ctx context.Context) (Swept, error) { return s.sweep(ctx, true) }

// sweep is a pass, which leaves out what takes long unless it is to be whole.
func (s *Store) sweep(ctx context.Context, whole bool) (swept Swept, err error) {
	if !s.holds.sweeping.TryLock() {
		return swept, nil
	}
	defer s.holds.sweeping.Unlock()
	var failed [3]error // no step keeps the next from what it can do
	if whole {
		swept.Uploads, failed[0] = s.sweepUploads(ctx)
	}
	swept.Garbage, failed[1] = s.sweepGarbage(ctx)
	if whole {
		swept.Orphans, failed[2] = s.sweepOrphans(ctx)
	}
	return swept, errors.Join(failed[:]...)
}

// garbageBatch bounds how many rows one transaction of the sweeper removes.
const garbageBatch = 256

// deletedAtOnce is how many blobs are deleted at a time: elsewhere each takes a round trip.
const deletedAtOnce = maxFailures

func (s *Store) sweepGarbage(ctx context.Context) (freed int, err error) {
	var failed failures
	n := s.sweepDue(ctx, garbageBlob, &failed, s.freeBlobs)
	m := s.sweepDue(ctx, garbageContent, &failed, s.freeContents)
	return n + m, errors.Join(failed...)
}

// failures are what a pass could not free. A blob that cannot be deleted must
// not keep all that was discarded after it, but a store that has failed as a
// whole is not asked for ever.
type failures []error

const maxFailures = 10

func (f *failures) add(err error) { *f = append(*f, err) }

func (f *failures) tooMany() bool { return len(*f) >= maxFailures }

// sweepDue hands the garbage rows of a kind whose time has come to free, a batch
// at a time. Both say how many blobs they freed.
func (s *Store) sweepDue(ctx context.Context, kind byte, failed *failures, free func(context.Context, [][]byte, *failures) int) (freed int) {
	after := []byte{kind}
	for !failed.tooMany() && !s.holds.held() {
		due, err := s.dueGarbage(ctx, kind, after)
		if err != nil {
			failed.add(err)
		}
		if len(due) == 0 {
			break
		}
		freed += free(ctx, due, failed)
		after = append(due[len(due)-1], 0) // what could not be freed yet is not met twice
	}
	return freed
}

// dueGarbage returns some keys of garbage rows whose time has come, from a key on.
func (s *Store) dueGarbage(ctx context.Context, kind byte, from []byte) (due [][]byte, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		for row, err := range rows.Scan(from, garbageKey(kind, s.Now(), "")) {
			if err != nil {
				return err
			}
			if due = append(due, bytes.Clone(row.Key)); len(due) == garbageBatch {
				return nil
			}
		}
		return nil
	})
	return due, err
}

// freeBlobs deletes blobs and then their rows. In the other order a crash
// between the two would leave blobs that are known only to the slow search for orphans.
func (s *Store) freeBlobs(ctx context.Context, due [][]byte, failed *failures) int {
	var rows [][]byte
	for some := range slices.Chunk(due, deletedAtOnce) {
		refs, errs := make([]blob.Ref, len(some)), make([]error, len(some))
		var deleting sync.WaitGroup
		for i, garbage := range some {
			deleting.Go(func() {
				_, name, err := splitGarbageKey(garbage)
				if refs[i] = blob.Ref(name); err == nil {
					err = s.Blobs.Delete(ctx, refs[i])
				}
				errs[i] = err
			})
		}
		deleting.Wait()
		for i, garbage := range some {
			if errs[i] != nil {
				failed.add(errs[i])
				continue
			}
			rows = append(rows, garbage, referenceKey(refs[i]))
		}
		if failed.tooMany() {
			break
		}
	}
	if err := s.deleteRows(ctx, rows...); err != nil {
		failed.add(err)
		return 0
	}
	return len(rows) / 2
}

func (s *Store) freeContents(ctx context.Context, due [][]byte, failed *failures) (freed int) {
	for _, garbage := range due {
		if s.holds.held() {
			break
		}
		n, err := s.freeContent(ctx, garbage)
		if freed += n; err == nil {
			continue
		}
		if failed.add(err); failed.tooMany() {
			break
		}
	}
	return freed
}

// freeContent does so with the blobs of a content, unless it is still being read.
func (s *Store) freeContent(ctx context.Context, garbage []byte) (freed int, err error) {
	_, id, err := splitGarbageKey(garbage)
	if err != nil || s.pins.held(id) {
		return 0, err
	}
	for {
		run, rows, err := s.someExtents(ctx, id)
		if err != nil {
			return freed, err
		}
		if len(run) == 0 {
			return freed, s.deleteRows(ctx, garbage)
		}
		for _, x := range run {
			if err := s.Blobs.Delete(ctx, x.ref); err != nil {
				return freed, err
			}
			rows = append(rows, referenceKey(x.ref))
			freed++
		}
		if err := s.deleteRows(ctx, rows...); err != nil {
			return freed, err
		}
	}
}

// someExtents returns the first extents of a content, and the rows that list them.
func (s *Store) someExtents(ctx context.Context, id string) (run []extent, keys [][]byte, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		all := extentRange(id)
		for row, err := range rows.Scan(all, meta.PrefixEnd(all)) {
			if err != nil {
				return err
			}
			more, err := decodeExtents(row.Value)
			if err != nil {
				return err
			}
			run, keys = append(run, more...), append(keys, bytes.Clone(row.Key))
			if len(run) >= garbageBatch {
				return nil
			}
		}
		return nil
	})
	return run, keys, err
}

// deleteRows removes rows that nobody but the sweeper touches any more.
func (s *Store) deleteRows(ctx context.Context, keys ...[]byte) error {
	if len(keys) == 0 {
		return nil
	}
	locks := make([]meta.Lock, len(keys))
	for i, key := range keys {
		locks[i] = meta.Exclusive(string(key))
	}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		for _, key := range keys {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
}
