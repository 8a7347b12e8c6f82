package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/minio/minio-go/v7"
)

// upload is one multipart upload of the store.
type upload struct {
	store *Store
	name  string
	id    string
	parts []minio.CompletePart // by number, from 1; without an ETag until it has landed
}

func (s *Store) begin(ctx context.Context, name string) (*upload, error) {
	u := &upload{store: s, name: name}
	if err := s.try(ctx, "begin", name, func(ctx context.Context) (err error) {
		u.id, err = s.core.NewMultipartUpload(ctx, s.config.Bucket, name, minio.PutObjectOptions{ContentType: "application/octet-stream"})
		return err
	}); err != nil {
		return nil, err
	}
	return u, nil
}

// next gives out the number of the next part.
func (u *upload) next() (number int) {
	u.parts = append(u.parts, minio.CompletePart{PartNumber: len(u.parts) + 1})
	return len(u.parts)
}

// send sends a part, again from its buffer if need be, and returns its ETag.
func (u *upload) send(ctx context.Context, number int, b []byte) (etag string, err error) {
	sum := sha256.Sum256(b)
	err = u.store.try(ctx, "write a part of", u.name, func(ctx context.Context) error {
		part, err := u.store.core.PutObjectPart(ctx, u.store.config.Bucket, u.name, u.id, number, bytes.NewReader(b), int64(len(b)),
			minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true})
		etag = part.ETag
		return err
	})
	return etag, err
}

// copy makes a whole object the part of a number.
func (u *upload) copy(ctx context.Context, number int, source string) error {
	bucket := u.store.config.Bucket
	return u.store.try(ctx, "copy a part of", u.name, func(ctx context.Context) error {
		part, err := u.store.core.CopyObjectPart(ctx, bucket, source, bucket, u.name, u.id, number, 0, -1, nil)
		u.parts[number-1].ETag = part.ETag
		return err
	})
}

func (u *upload) complete(ctx context.Context) error {
	return u.store.try(ctx, "complete", u.name, func(ctx context.Context) error {
		_, err := u.store.core.CompleteMultipartUpload(ctx, u.store.config.Bucket, u.name, u.id, u.parts, minio.PutObjectOptions{})
		return err
	})
}

func (u *upload) abort(ctx context.Context) error { return u.store.abort(ctx, u.name, u.id) }

// abort aborts an upload, if it still is one.
func (s *Store) abort(ctx context.Context, name, id string) error {
	return s.try(ctx, "abort", name, func(ctx context.Context) error {
		err := s.core.AbortMultipartUpload(ctx, s.config.Bucket, name, id)
		if minio.ToErrorResponse(err).Code == "NoSuchUpload" {
			return nil
		}
		return err
	})
}
