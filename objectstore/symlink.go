package objectstore

import (
	"context"
	"crypto/md5"
	"time"
)

// PutLink is a symlink to be written.
type PutLink struct {
	Bucket Bucket
	Key    string
	Target string // key in the same bucket; whether it exists shows when the link is read
	Properties
	ForbidOverwrite bool
}

// PutSymlink stores an object that stands for another one.
func (s *Store) PutSymlink(ctx context.Context, p PutLink) (Object, error) {
	if err := p.check(p.Bucket.Name, p.Key); err != nil {
		return Object{}, err
	}
	o := p.describe(p.Bucket, p.Key)
	sum := md5.Sum([]byte(p.Target))
	o.Type, o.Target, o.ETag = Symlink, p.Target, upperHex(sum[:])
	err := s.commitObject(ctx, Put{Bucket: p.Bucket, Key: p.Key, ForbidOverwrite: p.ForbidOverwrite}, &o, time.Time{})
	return o, err
}
