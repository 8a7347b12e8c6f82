package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Found is what a look at one key of a bucket shows, as of one instant.
type Found struct {
	Bucket Bucket
	Object *Object // nil: the bucket has no object of that key
}

// Find looks at a bucket and a key of it in one snapshot. It fails with
// NoSuchBucket; that there is no object is not an error here, since whether
// the caller may know is not for this package to say. A key that cannot name
// an object has none.
func (s *Store) Find(ctx context.Context, bucket, key string) (found Found, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		if found.Bucket, err = readBucket(rows, bucket); err != nil || key == "" {
			return err
		}
		o, err := readObject(rows, bucket, key)
		if errors.Is(err, &Error{Kind: NoSuchKey}) {
			return nil
		}
		if err == nil {
			found.Object = &o
		}
		return err
	})
	return found, err
}

// Content yields an object's bytes; WriteTo takes the cheapest way there is into the given writer.
type Content interface {
	io.ReadCloser
	io.WriterTo
}

// Open reads length bytes of an object's content from offset; length -1 means
// to the end. The caller must close the reader. NoSuchKey means that the object
// was replaced or deleted so long ago that its bytes are gone.
func (s *Store) Open(ctx context.Context, bucket string, o *Object, offset, length int64) (Content, error) {
	if length < 0 {
		length = o.Size - offset
	}
	r, err := s.Blobs.Open(ctx, o.ref, offset, length)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, s.explainMissing(ctx, bucket, o, err)
	}
	return r, err
}

// explainMissing tells a blob that was rightly freed from one that was lost.
func (s *Store) explainMissing(ctx context.Context, bucket string, o *Object, cause error) error {
	now, err := s.Find(ctx, bucket, o.Key)
	if err != nil {
		return err
	}
	if now.Object != nil && now.Object.ref == o.ref {
		return fmt.Errorf("objectstore: content of %q in bucket %q is missing: %w", o.Key, bucket, cause)
	}
	return &Error{Kind: NoSuchKey, Bucket: bucket, Key: o.Key}
}

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
