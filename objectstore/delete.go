package objectstore

import (
	"context"
	"errors"

	"ossd/engine/meta"
)

// DeleteObject removes an object. That there was none is no error.
func (s *Store) DeleteObject(ctx context.Context, b Bucket, key string) error {
	return s.DeleteObjects(ctx, b, []string{key})
}

// MaxDeletedObjects bounds the keys of one DeleteObjects, as the service does.
const MaxDeletedObjects = 1000

// DeleteObjects removes objects, all of them or, when it fails, none. Keys
// without an object and keys given twice are no error.
func (s *Store) DeleteObjects(ctx context.Context, b Bucket, keys []string) error {
	locks := []meta.Lock{meta.Shared(string(bucketKey(b.Name)))}
	for _, key := range keys {
		if err := CheckKey(b.Name, key); err != nil {
			return err
		}
		locks = append(locks, meta.Exclusive(string(objectKey(b.Name, key))))
	}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		if err := sameBucket(tx, b); err != nil {
			return err
		}
		for _, key := range keys {
			if err := s.deleteObject(tx, b.Name, key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) deleteObject(tx meta.Tx, bucket, key string) error {
	o, err := readObject(tx, bucket, key)
	if errors.Is(err, &Error{Kind: NoSuchKey}) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.discard(tx, o.ref); err != nil {
		return err
	}
	return tx.Delete(objectKey(bucket, key))
}
