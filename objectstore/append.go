package objectstore

import (
	"cmp"
	"context"
	"crypto/md5"
	"strings"

	"ossd/engine/meta"
	"ossd/internal/crc64"
)

// Append is content to be added to an object.
type Append struct {
	Bucket   Bucket
	Key      string
	Position int64 // bytes that the object must have
	Incoming
	Properties      // of the object, if this makes it
	ForbidOverwrite bool
}

// AppendObject adds bytes to the end of an appendable object, which position 0
// makes if there is none. It stays the version that it was made as, and no older
// one is kept of it (SDK suite Go v1 TestVersioningAppendObject).
// PositionMismatch says in its Position how long the object is.
func (s *Store) AppendObject(ctx context.Context, a Append) (Object, error) {
	if err := a.check(a.Bucket.Name, a.Key); err != nil {
		return Object{}, err
	}
	if err := s.checkAppend(ctx, a); err != nil { // spares the client the upload
		return Object{}, err
	}
	w, err := s.write(ctx, a.Incoming, a.Bucket.Name, a.Key, nil)
	if err != nil {
		return Object{}, err
	}
	fresh, err := s.newID()
	if err != nil {
		return Object{}, s.withdraw(ctx, w, err)
	}
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	var o Object
	err = s.update(ctx, a.Bucket, a.Key, func(tx meta.Tx, b Bucket) error {
		o, err = s.append(tx, b, a, w, fresh)
		return err
	})
	if err != nil {
		return Object{}, s.withdraw(ctx, w, err)
	}
	return o, nil
}

func (s *Store) checkAppend(ctx context.Context, a Append) error {
	found, err := s.Find(ctx, a.Bucket.Name, a.Key, "")
	if err != nil {
		return err
	}
	return a.fits(found.Bucket, found.Object)
}

// fits refuses to append to what o is, nil if there is nothing.
func (a *Append) fits(b Bucket, o *Object) error {
	refusal := &Error{Bucket: a.Bucket.Name, Key: a.Key}
	switch {
	case o == nil:
		refusal.Kind = PositionMismatch
		if a.Position == 0 {
			return nil
		}
	case o.Type != Appendable:
		refusal.Kind = NotAppendable
	case a.ForbidOverwrite && a.Position == 0 && b.Versioning == Unversioned: // as in admit
		refusal.Kind = FileAlreadyExists
	case a.Position != o.Size:
		refusal.Kind, refusal.Position = PositionMismatch, o.Size
	default:
		return nil
	}
	return refusal
}

// append adds a blob to the object that is there, or makes it.
func (s *Store) append(tx meta.Tx, b Bucket, a Append, w written, fresh string) (Object, error) {
	h, err := readHead(tx, b, a.Key)
	if err != nil {
		return Object{}, err
	}
	var o Object
	if h.current {
		if err := a.fits(b, h.newest); err != nil {
			return o, err
		}
		o = *h.newest
		o.ACL = firstOf(a.ACL, o.ACL) // alone of what later appends say (SDK suite Go v1 TestAppendObject)
	} else {
		if err := a.fits(b, nil); err != nil {
			return o, err
		}
		o = a.describe(b, a.Key)
		o.Type, o.content.id = Appendable, fresh
	}
	if w.size > MaxObjectSize-o.Size {
		return o, &Error{Kind: EntityTooLarge, Bucket: b.Name, Key: a.Key}
	}
	o.Size += w.size
	o.CRC64 = crc64.Combine(o.CRC64, w.crc, w.size)
	o.ETag = appendETag(o.ETag, w)
	o.LastModified = s.Now().UTC()
	if err := s.addExtent(tx, b, &o, w); err != nil {
		return o, err
	}
	if h.current { // it stays the version that it is
		return o, tx.Put(objectKey(b.Name, a.Key), encodeObject(&o))
	}
	return o, s.install(tx, b, h, &o)
}

func (s *Store) addExtent(tx meta.Tx, b Bucket, o *Object, w written) error {
	if err := cmp.Or(s.inTime(w.since), refer(tx, w.ref, b.Name, o.Key)); err != nil {
		return err
	}
	if w.size == 0 {
		return s.discardBlob(tx, w.ref)
	}
	return tx.Insert(extentKey(o.content.id, o.Size, w.ref), encodeExtents([]extent{{w.ref, w.size}}))
}

// appendETag changes with every append, and is no MD5: it ends in zeros, as the
// service's own do.
func appendETag(old string, w written) string {
	if old != "" && w.size == 0 {
		return old
	}
	sum := md5.Sum(append([]byte(old), w.sum...))
	return upperHex(sum[:12]) + strings.Repeat("0", 8)
}
