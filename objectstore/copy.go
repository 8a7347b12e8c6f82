package objectstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Copy is an object to be made of another one.
type Copy struct {
	// Put says where to and with what. Body, Size, MD5 and CRC64 are left empty:
	// they are the source's.
	Put

	From   Bucket  // where Source lies
	Source *Object // as it was looked up

	// KeepMetadata takes the source's headers and metadata instead of those in
	// Put. It has no effect on an object that is copied onto itself.
	KeepMetadata bool

	// Pace, if set, is given the source's content and returns what it is read
	// through, no faster than is wanted.
	Pace func(io.Reader) io.Reader
}

// CopyObject stores a copy of an object's content. Access control and storage
// class are not copied. An object that is copied onto itself gets other headers
// and metadata, and its content stays where it is. NoSuchKey means that the
// source was replaced or deleted so long ago that its bytes are gone.
func (s *Store) CopyObject(ctx context.Context, c Copy) (Object, error) {
	if c.From.ID == c.Bucket.ID && c.Source.Key == c.Key {
		return s.rewriteObject(ctx, c)
	}
	p := c.Put
	if err := p.check(); err != nil { // before the source is opened
		return Object{}, err
	}
	content, err := s.Open(ctx, c.From.Name, c.Source, 0, -1)
	if err != nil {
		return Object{}, err
	}
	defer content.Close()
	p.Body, p.Size, p.CRC64 = whileAwaited{ctx, content}, c.Source.Size, &c.Source.CRC64
	if c.Pace != nil {
		p.Body = c.Pace(p.Body)
	}
	if p.MD5, err = hex.DecodeString(c.Source.ETag); err != nil {
		return Object{}, fmt.Errorf("objectstore: ETag of %q in bucket %q: %w", c.Source.Key, c.From.Name, err)
	}
	if c.KeepMetadata {
		p.Headers, p.Metadata = c.Source.Headers, c.Source.Metadata
	}
	o, err := s.PutObject(ctx, p)
	return o, c.blame(err)
}

// whileAwaited ends when the caller has gone: a copy may take minutes, and no
// connection breaks under it.
type whileAwaited struct {
	ctx context.Context
	io.Reader
}

func (r whileAwaited) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// blame turns what PutObject says of a client's body into what it means when
// the body is the store's own.
func (c *Copy) blame(err error) error {
	var rule *Error
	if !errors.As(err, &rule) {
		return err
	}
	cause := rule.Err
	switch rule.Kind {
	case InvalidDigest, InvalidCRC64:
		cause = blob.ErrCorrupt
	case IncompleteBody:
		if cause == nil {
			cause = blob.ErrCorrupt
		}
	default:
		return err
	}
	return fmt.Errorf("objectstore: copying %q of bucket %q: %w", c.Source.Key, c.From.Name, cause)
}

// rewriteObject replaces everything of an object but its content. If it was
// replaced or deleted since it was looked up nothing is written: that is how
// things would stand had this come just before, and no later content is lost.
func (s *Store) rewriteObject(ctx context.Context, c Copy) (Object, error) {
	p := c.Put
	if err := p.check(); err != nil {
		return Object{}, err
	}
	if p.ForbidOverwrite {
		return Object{}, &Error{Kind: FileAlreadyExists, Bucket: p.Bucket.Name, Key: p.Key}
	}
	o := *c.Source
	o.Headers, o.Metadata = p.Headers, p.Metadata
	o.StorageClass, o.ACL = firstOf(p.StorageClass, p.Bucket.StorageClass), firstOf(p.ACL, DefaultACL)
	err := s.Rows.Update(ctx, objectLocks(p.Bucket.Name, p.Key), func(tx meta.Tx) error {
		if err := sameBucket(tx, p.Bucket); err != nil {
			return err
		}
		o.LastModified = s.Now().UTC()
		now, err := readObject(tx, p.Bucket.Name, p.Key)
		if errors.Is(err, &Error{Kind: NoSuchKey}) || err == nil && now.ref != o.ref {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Put(objectKey(p.Bucket.Name, p.Key), encodeObject(o))
	})
	return o, err
}
