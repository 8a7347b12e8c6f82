package objectstore

import (
	"context"
	"errors"

	"ossd/engine/meta"
)

// DeleteObject removes an object. That there was none is no error.
func (s *Store) DeleteObject(ctx context.Context, b Bucket, key string) error {
	if err := CheckKey(b.Name, key); err != nil {
		return err
	}
	return s.Rows.Update(ctx, objectLocks(b.Name, key), func(tx meta.Tx) error {
		if err := sameBucket(tx, b); err != nil {
			return err
		}
		o, err := readObject(tx, b.Name, key)
		if errors.Is(err, &Error{Kind: NoSuchKey}) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.discard(tx, o.ref); err != nil {
			return err
		}
		return tx.Delete(objectKey(b.Name, key))
	})
}
