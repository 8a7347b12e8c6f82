package objectstore

import (
	"context"
	"errors"

	"ossd/engine/meta"
)

// MaxDeletedObjects bounds the keys of one DeleteObjects, as the service does.
const MaxDeletedObjects = 1000

// Deletion names what is to be deleted: a key, or for good one version of it.
type Deletion struct {
	Key     string
	Version string // empty: the current version, of which a bucket with versioning keeps a copy
}

// Deleted says what a Deletion came to.
type Deleted struct {
	Deletion
	Marker string // version id of the delete marker that was made or removed; empty: none was
}

// DeleteObject removes an object. That there was none is no error.
func (s *Store) DeleteObject(ctx context.Context, b Bucket, d Deletion) (Deleted, error) {
	done, err := s.DeleteObjects(ctx, b, []Deletion{d})
	if err != nil {
		return Deleted{}, err
	}
	return done[0], nil
}

// DeleteObjects removes objects, all of them or, when it fails, none. Keys
// without an object and keys given twice are no error.
func (s *Store) DeleteObjects(ctx context.Context, b Bucket, all []Deletion) (done []Deleted, err error) {
	var locks []meta.Lock
	for _, d := range all {
		if err := CheckKey(b.Name, d.Key); err != nil {
			return nil, err
		}
		locks = append(locks, objectLocks(b.Name, d.Key)...)
	}
	err = s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		now, err := sameBucket(tx, b)
		if err != nil {
			return err
		}
		done = done[:0]
		for _, d := range all {
			one, err := s.delete(tx, now, d)
			if err != nil {
				return err
			}
			done = append(done, one)
		}
		return nil
	})
	return done, err
}

func (s *Store) delete(tx meta.Tx, b Bucket, d Deletion) (Deleted, error) {
	if d.Version != "" {
		return s.deleteVersion(tx, b, d)
	}
	h, err := readHead(tx, b, d.Key)
	if err != nil {
		return Deleted{}, err
	}
	marker := Object{Key: d.Key, DeleteMarker: true, LastModified: s.Now().UTC()}
	if err := s.install(tx, b, h, &marker); err != nil {
		return Deleted{}, err
	}
	if b.Versioning == Unversioned {
		return Deleted{Deletion: d}, nil
	}
	return Deleted{Deletion: d, Marker: marker.Version()}, nil
}

func (s *Store) deleteVersion(tx meta.Tx, b Bucket, d Deletion) (Deleted, error) {
	removed, err := s.removeVersion(tx, b.Name, d.Key, d.Version)
	if errors.Is(err, &Error{Kind: NoSuchVersion}) {
		return Deleted{Deletion: d}, nil
	}
	if err != nil || !removed.DeleteMarker {
		return Deleted{Deletion: d}, err
	}
	return Deleted{Deletion: d, Marker: d.Version}, nil
}
