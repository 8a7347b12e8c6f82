package objectstore

import (
	"bytes"
	"context"
	"math"
	"time"

	"ossd/engine/meta"
)

// Stat is what a bucket holds.
type Stat struct {
	Classes       map[StorageClass]ClassStat
	Uploads       int64     // multipart uploads under way
	Parts         int64     // of them
	PartBytes     int64     // likewise
	DeleteMarkers int64     // in the place of objects
	LastModified  time.Time // of the latest change that is still to be seen
}

// ClassStat is what lies in one class. Older versions count as objects.
type ClassStat struct{ Objects, Bytes int64 }

// Stat counts a bucket's rows, one by one: a million takes about a second. To
// keep counts instead would make a hot row of every bucket.
func (s *Store) Stat(ctx context.Context, bucket string) (Stat, error) {
	stat := Stat{Classes: map[StorageClass]ClassStat{}}
	err := s.Rows.View(ctx, func(rows meta.Snapshot) error {
		all := bucketKey(bucket)
		seen := 0
		for row, err := range rows.Scan(all, meta.PrefixEnd(all)) {
			if err != nil {
				return err
			}
			if seen++; seen%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := stat.add(bytes.TrimPrefix(row.Key, all), row.Value); err != nil {
				return err
			}
		}
		return nil
	})
	return stat, err
}

func (s *Stat) add(name, value []byte) error {
	if len(name) == 0 { // the bucket itself
		return nil
	}
	switch name[0] {
	case 'o', 'v':
		o, err := decodeObject("", value)
		if err != nil {
			return err
		}
		s.addObject(&o)
	case 'u':
		s.Uploads++
	case 'p':
		p, err := decodePart(0, value)
		if err != nil {
			return err
		}
		s.Parts++
		s.PartBytes += p.Size
	}
	return nil
}

func (s *Stat) addObject(o *Object) {
	if o.LastModified.After(s.LastModified) {
		s.LastModified = o.LastModified
	}
	if o.DeleteMarker {
		s.DeleteMarkers++
		return
	}
	class := s.Classes[o.StorageClass]
	class.Objects++
	class.Bytes += min(o.Size, math.MaxInt64-class.Bytes)
	s.Classes[o.StorageClass] = class
}
