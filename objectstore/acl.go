package objectstore

import (
	"context"

	"ossd/engine/meta"
)

// SetBucketACL gives a bucket another ACL, if it still is the one that b describes.
func (s *Store) SetBucketACL(ctx context.Context, b Bucket, acl ACL) error {
	locks := []meta.Lock{meta.Exclusive(string(bucketKey(b.Name)))}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		if err := sameBucket(tx, b); err != nil {
			return err
		}
		now, err := readBucket(tx, b.Name)
		if err != nil || now.ACL == acl {
			return err
		}
		now.ACL = acl
		return tx.Put(bucketKey(b.Name), encodeBucket(now))
	})
}

// SetObjectACL gives an object another ACL, and leaves everything else of it as
// it is, the time of its last modification too.
func (s *Store) SetObjectACL(ctx context.Context, b Bucket, key string, acl ACL) error {
	return s.Rows.Update(ctx, objectLocks(b.Name, key), func(tx meta.Tx) error {
		if err := sameBucket(tx, b); err != nil {
			return err
		}
		o, err := readObject(tx, b.Name, key)
		if err != nil || o.ACL == acl {
			return err
		}
		o.ACL = acl
		return tx.Put(objectKey(b.Name, key), encodeObject(o))
	})
}
