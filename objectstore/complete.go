package objectstore

import (
	"context"
	"crypto/md5"
	"encoding"
	"fmt"
	"hash"
	"strings"

	"ossd/engine/meta"
	"ossd/internal/crc64"
)

// Complete makes an object of an upload.
type Complete struct {
	Bucket          Bucket
	Key             string
	Upload          string // id
	Parts           []NamedPart
	All             bool // use every part there is; Parts is not looked at
	ACL             ACL  // empty: the upload's
	ForbidOverwrite bool
}

// NamedPart is a part as the client knows it.
type NamedPart struct {
	Number int
	ETag   string // without quotes; in either case
}

// CompleteUpload makes an object of the parts that are named, drops the others,
// and ends the upload, all at once.
func (s *Store) CompleteUpload(ctx context.Context, c Complete) (Object, error) {
	if err := CheckKey(c.Bucket.Name, c.Key); err != nil {
		return Object{}, err
	}
	fresh, err := s.newID()
	if err != nil {
		return Object{}, err
	}
	var o Object
	err = s.endUpload(ctx, c.Bucket, c.Key, c.Upload, objectLocks(c.Bucket.Name, c.Key),
		func(tx meta.Tx, b Bucket, u Upload, parts []Part) error {
			o, err = s.complete(tx, b, c, u, parts, fresh)
			return err
		})
	return o, err
}

func (s *Store) complete(tx meta.Tx, b Bucket, c Complete, u Upload, parts []Part, fresh string) (Object, error) {
	used, dropped, err := c.choose(parts)
	if err != nil {
		return Object{}, err
	}
	h, err := s.admit(tx, b, c.Key, c.ForbidOverwrite)
	if err != nil {
		return Object{}, err
	}
	u.ACL = firstOf(c.ACL, u.ACL)
	o := u.describe(b, c.Key)
	o.Type, o.LastModified = Multipart, s.Now().UTC()
	o.join(used)
	if o.Size > MaxUploadSize {
		return Object{}, c.refuse(EntityTooLarge)
	}
	if n := len(used); u.Sequential && n > 0 && used[n-1].Number == n { // none was left out
		sum, err := finish(used[n-1])
		if err != nil {
			return Object{}, err
		}
		o.sum = string(sum)
	}
	if err := s.gather(tx, &o, used, fresh); err != nil {
		return Object{}, err
	}
	if err := s.discardParts(tx, dropped); err != nil {
		return Object{}, err
	}
	return o, s.install(tx, b, h, &o)
}

func (c *Complete) refuse(k Kind) error {
	return &Error{Kind: k, Bucket: c.Bucket.Name, Key: c.Key, Upload: c.Upload}
}

// choose splits the parts that there are into those that the object is made of
// and the others.
func (c *Complete) choose(parts []Part) (used, dropped []Part, err error) {
	if c.All {
		used = parts
	} else if used, dropped, err = c.named(parts); err != nil {
		return nil, nil, err
	}
	if c.All && len(used) == 0 {
		return nil, nil, c.refuse(InvalidPart)
	}
	for _, p := range used[:max(len(used)-1, 0)] {
		if p.Size < MinPartSize {
			return nil, nil, c.refuse(PartTooSmall)
		}
	}
	return used, dropped, nil
}

func (c *Complete) named(parts []Part) (used, dropped []Part, err error) {
	last := 0
	for _, want := range c.Parts {
		if want.Number <= last {
			return nil, nil, c.refuse(InvalidPartOrder)
		}
		last = want.Number
		for len(parts) > 0 && parts[0].Number < want.Number {
			dropped, parts = append(dropped, parts[0]), parts[1:]
		}
		if len(parts) == 0 || parts[0].Number != want.Number || !strings.EqualFold(parts[0].ETag, want.ETag) {
			return nil, nil, c.refuse(InvalidPart)
		}
		used, parts = append(used, parts[0]), parts[1:]
	}
	return used, append(dropped, parts...), nil
}

// join computes what can be said of the parts together without reading them:
// the ETag is the MD5 of the text of theirs (SDK suite Java, calcMultipartsETag).
func (o *Object) join(parts []Part) {
	digest := md5.New()
	for _, p := range parts {
		o.Size += p.Size
		o.CRC64 = crc64.Combine(o.CRC64, p.CRC64, p.Size)
		digest.Write([]byte(p.ETag))
	}
	o.ETag = fmt.Sprintf("%s-%d", upperHex(digest.Sum(nil)), len(parts))
}

// finish is the MD5 of a sequential upload.
func finish(last Part) ([]byte, error) {
	var digest hash.Hash = md5.New()
	if err := digest.(encoding.BinaryUnmarshaler).UnmarshalBinary(last.digest); err != nil {
		return nil, fmt.Errorf("objectstore: part %d: %w", last.Number, err)
	}
	return digest.Sum(nil), nil
}

// gather makes the parts' blobs the object's content.
func (s *Store) gather(tx meta.Tx, o *Object, parts []Part, fresh string) error {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		o.content.ref = parts[0].ref
		return nil
	}
	o.content.id = fresh
	all := make([]extent, 0, len(parts))
	for _, p := range parts {
		if p.Size == 0 {
			if err := s.discardBlob(tx, p.ref); err != nil {
				return err
			}
			continue
		}
		all = append(all, extent{p.ref, p.Size})
	}
	return writeExtents(tx, fresh, all)
}
