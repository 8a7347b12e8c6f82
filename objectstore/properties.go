package objectstore

import (
	"context"

	"ossd/engine/meta"
)

// What is known of a version may be changed in place: neither its content nor
// the time of its last modification is another for it. An empty version means
// the current one.

// SetObjectACL gives an object another ACL.
func (s *Store) SetObjectACL(ctx context.Context, b Bucket, key, version string, acl ACL) (Object, error) {
	return s.change(ctx, b, key, version, func(o *Object) error { o.ACL = acl; return nil })
}

// SetObjectTags gives an object other tags; nil takes them away.
func (s *Store) SetObjectTags(ctx context.Context, b Bucket, key, version string, tags []Header) (Object, error) {
	return s.change(ctx, b, key, version, func(o *Object) error { o.Tags = tags; return nil })
}

func (s *Store) change(ctx context.Context, b Bucket, key, version string, fn func(*Object) error) (o Object, err error) {
	err = s.update(ctx, b, key, func(tx meta.Tx, b Bucket) error {
		o, err = s.rewrite(tx, b.Name, key, version, fn)
		return err
	})
	return o, err
}
