package objectstore

import (
	"context"
	"errors"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Found is what a look at one key of a bucket shows, as of one instant.
type Found struct {
	Bucket Bucket
	Object *Object // nil: the bucket has no object of that key and version
	Marker *Object // the delete marker that is there in its place, nil if there is none
}

// Find looks at a bucket and a key of it in one snapshot; an empty version
// means the current one. It fails with NoSuchBucket; that there is no object is
// not an error here, since whether the caller may know is not for this package
// to say. A key or version that cannot exist does not.
func (s *Store) Find(ctx context.Context, bucket, key, version string) (found Found, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		if key != "" {
			if err := meta.Expect(rows, bucketKey(bucket), objectKey(bucket, key)); err != nil {
				return err
			}
		}
		if found.Bucket, err = readBucket(rows, bucket); err != nil || key == "" {
			return err
		}
		o, err := findVersion(rows, found.Bucket, key, version)
		if o != nil && o.DeleteMarker {
			found.Marker = o
		} else {
			found.Object = o
		}
		return err
	})
	return found, err
}

func findVersion(rows meta.Snapshot, b Bucket, key, version string) (*Object, error) {
	if version == "" {
		h, err := readHead(rows, b, key)
		return h.newest, err
	}
	o, _, err := readVersion(rows, b.Name, key, version)
	if err != nil {
		return nil, ignoreKind(err, NoSuchVersion)
	}
	return &o, nil
}

// readObject returns the current object of a key, or NoSuchKey.
func readObject(rows meta.Snapshot, bucket, key string) (Object, error) {
	row, err := rows.Get(objectKey(bucket, key))
	if errors.Is(err, meta.ErrNotFound) {
		return Object{}, &Error{Kind: NoSuchKey, Bucket: bucket, Key: key}
	}
	if err != nil {
		return Object{}, err
	}
	return decodeObject(key, row)
}

// objectLocks keep the bucket from being deleted or changed, and the versions
// of the key from everybody else.
func objectLocks(bucket, key string) []meta.Lock {
	return []meta.Lock{
		meta.Shared(string(bucketKey(bucket))),
		meta.Exclusive(string(objectKey(bucket, key))),
		meta.Exclusive(string(versionsOf(bucket, key))),
		meta.Exclusive(string(nullKey(bucket, key))),
	}
}

// refer says that a blob is in use.
func refer(tx meta.Tx, ref blob.Ref, bucket, key string) error {
	return tx.Insert(referenceKey(ref), objectKey(bucket, key))
}

// update changes the versions of one key, if the bucket still is the one that
// was looked up. fn gets the bucket as it is now.
func (s *Store) update(ctx context.Context, b Bucket, key string, fn func(tx meta.Tx, b Bucket) error) error {
	return s.Rows.Update(ctx, objectLocks(b.Name, key), func(tx meta.Tx) error {
		now, err := sameBucket(tx, b)
		if err != nil {
			return err
		}
		return fn(tx, now)
	})
}
