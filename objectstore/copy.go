package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Copy is an object to be made of another one.
type Copy struct {
	// Put says where to and with what. Its Incoming is left empty, but for
	// Confirm: the content is the source's.
	Put

	From   Bucket  // where Source lies
	Source *Object // as it was looked up

	// KeepMetadata takes the source's headers and metadata instead of those in
	// Put. It has no effect on an object that is copied onto itself, and is the
	// only version of its key.
	KeepMetadata bool
	// KeepTags takes the source's tags.
	KeepTags bool
	// Pace, if set, slows the reading of the source down.
	Pace func(io.Reader) io.Reader
}

// CopyObject stores a copy of an object's content. Access control and storage
// class are not copied. An object that is copied onto itself, and is the only
// version of its key, gets other headers and metadata, and its content stays
// where it is. NoSuchKey means that the source was replaced or deleted so long
// ago that its bytes are gone.
func (s *Store) CopyObject(ctx context.Context, c Copy) (Object, error) {
	onto := c.From.ID == c.Bucket.ID && c.Source.Key == c.Key && c.Bucket.Versioning == Unversioned
	if onto {
		c.KeepMetadata = false
	}
	if c.KeepMetadata {
		c.Headers, c.Metadata = c.Source.Headers, c.Source.Metadata
	}
	if c.KeepTags {
		c.Tags = c.Source.Tags
	}
	if err := c.check(c.Bucket.Name, c.Key); err != nil { // before the source is opened
		return Object{}, err
	}
	if onto {
		o, err := s.rewriteObject(ctx, c)
		if !errors.Is(err, errVersioned) {
			return o, err
		}
	}
	if c.Source.Type == Symlink {
		return s.copyLink(ctx, c)
	}
	return s.copyContent(ctx, c)
}

func (s *Store) copyContent(ctx context.Context, c Copy) (Object, error) {
	all := Piece{From: c.From, Source: c.Source, Length: c.Source.Size, Pace: c.Pace}
	w, err := s.writeCopy(ctx, c.Bucket.Name, c.Key, all, c.Confirm)
	if err != nil {
		return Object{}, err
	}
	o := c.describe(c.Bucket, c.Key)
	// Bytes that are copied whole are still what they were: an object of parts has its own kind of ETag.
	o.Type, o.Size, o.ETag, o.CRC64, o.sum, o.content.ref = c.Source.Type, w.size, c.Source.ETag, w.crc, c.Source.sum, w.ref
	if err := s.commitObject(ctx, c.Put, &o, w.since); err != nil {
		return Object{}, s.withdraw(ctx, w, err)
	}
	return o, nil
}

// copyLink copies a symlink as such.
func (s *Store) copyLink(ctx context.Context, c Copy) (Object, error) {
	if c.Confirm != nil {
		if err := c.Confirm(); err != nil {
			return Object{}, err
		}
	}
	o := c.describe(c.Bucket, c.Key)
	o.Type, o.Target, o.ETag = Symlink, c.Source.Target, c.Source.ETag
	err := s.commitObject(ctx, c.Put, &o, time.Time{})
	return o, err
}

// Piece is a run of an object's bytes that are to be copied.
type Piece struct {
	From           Bucket
	Source         *Object
	Offset, Length int64
	Pace           func(io.Reader) io.Reader // nil: as fast as it goes
}

// writeCopy makes a blob of a piece. The whole of an object must hash to what its row says.
func (s *Store) writeCopy(ctx context.Context, bucket, key string, p Piece, confirm func() error) (written, error) {
	switch {
	case p.Source.Type == Appendable: // vendor documentation "CopyObject"
		return written{}, &Error{Kind: AppendableSource, Bucket: p.From.Name, Key: p.Source.Key}
	case !p.Source.Readable(s.Now()):
		return written{}, &Error{Kind: InvalidObjectState, Bucket: p.From.Name, Key: p.Source.Key}
	case p.Length > MaxObjectSize:
		return written{}, &Error{Kind: EntityTooLarge, Bucket: bucket, Key: key}
	}
	content, err := s.Open(ctx, p.From.Name, p.Source, p.Offset, p.Length)
	if err != nil {
		return written{}, err
	}
	defer content.Close()
	in := Incoming{Body: whileAwaited{ctx, content}, Size: p.Length, Confirm: confirm}
	if p.Pace != nil {
		in.Body = p.Pace(in.Body)
	}
	if p.Length == p.Source.Size {
		in.CRC64, in.MD5 = &p.Source.CRC64, p.Source.MD5()
	}
	w, err := s.write(ctx, in, bucket, key, nil)
	return w, p.blame(err)
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

// blame turns what write says of a client's body into what it means when the
// body is the store's own.
func (p *Piece) blame(err error) error {
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
	return fmt.Errorf("objectstore: copying %q of bucket %q: %w", p.Source.Key, p.From.Name, cause)
}

// errVersioned says that a bucket has come to keep versions.
var errVersioned = errors.New("objectstore: bucket has versions")

// rewriteObject replaces everything of an object but its content. If it was
// replaced or deleted since it was looked up nothing is written: that is how
// things would stand had this come just before, and no later content is lost.
// What was appended since stays, too.
func (s *Store) rewriteObject(ctx context.Context, c Copy) (Object, error) {
	refuse := func(k Kind) error { return &Error{Kind: k, Bucket: c.Bucket.Name, Key: c.Key} }
	if c.ForbidOverwrite {
		return Object{}, refuse(FileAlreadyExists)
	}
	if !c.Source.Readable(s.Now()) {
		return Object{}, refuse(InvalidObjectState)
	}
	rewrite := func(o Object) Object {
		o.Headers, o.Metadata, o.Tags = c.Headers, c.Metadata, c.Tags
		o.StorageClass, o.ACL = firstOf(c.StorageClass, c.Bucket.StorageClass), firstOf(c.ACL, DefaultACL)
		o.Restore = Restore{}
		o.LastModified = s.Now().UTC()
		return o
	}
	var o Object
	err := s.update(ctx, c.Bucket, c.Key, func(tx meta.Tx, b Bucket) error {
		if b.Versioning != Unversioned {
			return errVersioned
		}
		o = rewrite(*c.Source)
		now, err := readObject(tx, b.Name, c.Key)
		if errors.Is(err, &Error{Kind: NoSuchKey}) || err == nil && now.content != c.Source.content {
			return nil
		}
		if err != nil {
			return err
		}
		o = rewrite(now)
		return tx.Put(objectKey(b.Name, c.Key), encodeObject(&o))
	})
	return o, err
}
