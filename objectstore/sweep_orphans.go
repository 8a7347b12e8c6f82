package objectstore

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// sweepOrphans deletes the old blobs that no row refers to. There are some only
// after a crash, or after a write whose end nobody could tell.
func (s *Store) sweepOrphans(ctx context.Context) (freed int, err error) {
	var failed failures
	var batch []blob.Ref
	err = s.Blobs.Walk(ctx, s.Now().Add(-s.OrphanAge), func(ref blob.Ref, _ int64) error {
		if batch = append(batch, ref); len(batch) < orphanBatch {
			return nil
		}
		n, err := s.freeOrphans(ctx, batch, &failed)
		freed, batch = freed+n, batch[:0]
		return err
	})
	if err == nil {
		var n int
		n, err = s.freeOrphans(ctx, batch, &failed)
		freed += n
	}
	if !errors.Is(err, errTooMany) && !errors.Is(err, errHeld) && err != nil {
		failed.add(err)
	}
	return freed, errors.Join(failed...)
}

// orphanBatch is how many blobs are looked up at once.
const orphanBatch = 1000

// errTooMany ends a walk early.
var errTooMany = errors.New("objectstore: too many blobs cannot be deleted")

// freeOrphans deletes those of the blobs that no row refers to.
func (s *Store) freeOrphans(ctx context.Context, refs []blob.Ref, failed *failures) (freed int, err error) {
	if s.holds.held() {
		return 0, errHeld
	}
	orphans, err := s.unreferred(ctx, refs)
	if err != nil {
		return 0, err
	}
	for _, ref := range orphans {
		if s.holds.held() {
			return freed, errHeld
		}
		if err := s.Blobs.Delete(ctx, ref); err == nil {
			freed++
		} else if failed.add(err); failed.tooMany() {
			return freed, errTooMany
		}
	}
	return freed, nil
}

// unreferred returns the blobs that no row refers to. What a walk tells one after the
// other often lies side by side in the rows too; then one scan finds them all, where
// single lookups in a database elsewhere would take a round trip each.
func (s *Store) unreferred(ctx context.Context, refs []blob.Ref) (orphans []blob.Ref, err error) {
	if len(refs) == 0 {
		return nil, nil
	}
	slices.Sort(refs)
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		orphans = nil
		rest, foreign := refs, 0
		for row, err := range rows.Scan(referenceKey(refs[0]), append(referenceKey(refs[len(refs)-1]), 0)) {
			if err != nil {
				return err
			}
			for len(rest) > 0 && bytes.Compare(referenceKey(rest[0]), row.Key) < 0 {
				orphans, rest = append(orphans, rest[0]), rest[1:]
			}
			if len(rest) > 0 && bytes.Equal(referenceKey(rest[0]), row.Key) {
				rest = rest[1:]
			} else if foreign++; foreign > len(refs) {
				var more []blob.Ref
				more, err = unreferredSingly(rows, rest)
				orphans = append(orphans, more...)
				return err
			}
		}
		orphans = append(orphans, rest...)
		return nil
	})
	return orphans, err
}

func unreferredSingly(rows meta.Snapshot, refs []blob.Ref) (orphans []blob.Ref, err error) {
	for _, ref := range refs {
		switch _, err := rows.Get(referenceKey(ref)); {
		case errors.Is(err, meta.ErrNotFound):
			orphans = append(orphans, ref)
		case err != nil:
			return nil, err
		}
	}
	return orphans, nil
}

func (s *Store) referred(ctx context.Context, ref blob.Ref) (found bool, err error) {
	orphans, err := s.unreferred(ctx, []blob.Ref{ref})
	return err == nil && len(orphans) == 0, err
}
