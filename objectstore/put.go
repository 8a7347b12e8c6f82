package objectstore

import (
	"cmp"
	"context"
	"encoding/hex"
	"strings"
	"time"

	"ossd/engine/meta"
)

// Put is an object to be written.
type Put struct {
	Bucket Bucket // as it was looked up; the write fails if it has been replaced since
	Key    string
	Incoming
	Properties
	ForbidOverwrite bool // has no effect where versions keep what is overwritten
}

// Properties are what a writer says of an object beside its content.
type Properties struct {
	Headers      []Header
	Metadata     []Header
	Tags         []Header
	ACL          ACL          // empty: DefaultACL
	StorageClass StorageClass // empty: the bucket's
}

// PutObject stores an object, replacing one of the same key at once: a reader
// sees the old or the new one, whole. When it returns nil the object is durable.
func (s *Store) PutObject(ctx context.Context, p Put) (Object, error) {
	if err := p.check(p.Bucket.Name, p.Key); err != nil {
		return Object{}, err
	}
	w, err := s.write(ctx, p.Incoming, p.Bucket.Name, p.Key, nil)
	if err != nil {
		return Object{}, err
	}
	o := p.describe(p.Bucket, p.Key)
	o.Type, o.Size, o.ETag, o.CRC64, o.content.ref = Normal, w.size, upperHex(w.sum), w.crc, w.ref
	if err := s.commitObject(ctx, p, &o, w.since); err != nil {
		return Object{}, s.withdraw(ctx, w, err)
	}
	return o, nil
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// check refuses names and properties that no object may have.
func (p *Properties) check(bucket, key string) error {
	if err := CheckKey(bucket, key); err != nil {
		return err
	}
	size := 0
	for _, m := range p.Metadata {
		size += len(m.Name) + len(m.Value)
	}
	if size > MaxMetadataSize {
		return &Error{Kind: MetadataTooLarge, Bucket: bucket, Key: key}
	}
	return nil
}

// describe is the object without its content.
func (p *Properties) describe(b Bucket, key string) Object {
	return Object{
		Key: key, StorageClass: firstOf(p.StorageClass, b.StorageClass), ACL: firstOf(p.ACL, DefaultACL),
		Headers: p.Headers, Metadata: p.Metadata, Tags: p.Tags,
	}
}

func firstOf[T ~string](a, b T) T {
	if a != "" {
		return a
	}
	return b
}

// commitDeadline bounds the time between a blob's last write and its row. Sweep
// takes a blob for an orphan when it is OrphanAge old, which is far more.
const commitDeadline = 10 * time.Minute

// commitObject writes the rows that make an object exist, whose content was written since.
func (s *Store) commitObject(ctx context.Context, p Put, o *Object, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	return s.update(ctx, p.Bucket, p.Key, func(tx meta.Tx, b Bucket) error {
		h, err := s.admit(tx, b, p.Key, p.ForbidOverwrite)
		if err != nil {
			return err
		}
		o.LastModified = s.Now().UTC()
		if o.content.ref != "" {
			if err := cmp.Or(s.inTime(since), refer(tx, o.content.ref, b.Name, p.Key)); err != nil {
				return err
			}
		}
		return s.install(tx, b, h, o)
	})
}

// admit reads the head of a key, and refuses to overwrite what must not be.
// Where versions are kept nothing is lost, and the wish is ignored, as the
// vendor documents for x-oss-forbid-overwrite.
func (s *Store) admit(tx meta.Tx, b Bucket, key string, forbidOverwrite bool) (head, error) {
	h, err := readHead(tx, b, key)
	if err == nil && h.current && forbidOverwrite && b.Versioning == Unversioned {
		err = &Error{Kind: FileAlreadyExists, Bucket: b.Name, Key: key}
	}
	return h, err
}
