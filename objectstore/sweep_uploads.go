package objectstore

import (
	"context"
	"errors"
	"time"

	"ossd/engine/meta"
)

// sweepUploads aborts the uploads that have had no new part for UploadAge.
func (s *Store) sweepUploads(ctx context.Context) (aborted int, err error) {
	if s.UploadAge == 0 {
		return 0, nil
	}
	buckets, err := s.bucketNames(ctx)
	if err != nil {
		return 0, err
	}
	for _, name := range buckets {
		n, err := s.sweepBucketUploads(ctx, name, s.Now().Add(-s.UploadAge))
		if aborted += n; err != nil {
			return aborted, err
		}
	}
	return aborted, nil
}

// bucketNames lists every bucket: their rows are what the others lie below.
func (s *Store) bucketNames(ctx context.Context) (names []string, err error) {
	q := meta.ListQuery{Range: []byte("B"), Delimiter: []byte{0}, Limit: 1000, KeysOnly: true}
	for {
		page, err := s.list(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			names = append(names, string(e.Name[:len(e.Name)-1]))
			q.After = e.Name
		}
		if !page.More {
			return names, nil
		}
	}
}

func (s *Store) sweepBucketUploads(ctx context.Context, bucket string, before time.Time) (aborted int, err error) {
	found, err := s.Find(ctx, bucket, "", "")
	if err != nil {
		return 0, ignoreKind(err, NoSuchBucket)
	}
	q := ListUploads{Bucket: bucket, Limit: 1000}
	for {
		page, err := s.Uploads(ctx, q)
		if err != nil {
			return aborted, err
		}
		for _, u := range page.Uploads {
			did, err := s.abortIdle(ctx, found.Bucket, u, before)
			if err != nil {
				return aborted, err
			}
			if did {
				aborted++
			}
		}
		if q.AfterKey, q.AfterUpload = page.LastKey, page.LastUpload; !page.More {
			return aborted, nil
		}
	}
}

// errInUse says that something came for an upload.
var errInUse = errors.New("objectstore: upload is in use")

// abortIdle aborts an upload if nothing has come for it since an instant. That
// is looked at under the upload's lock, so that no part is dropped that was
// acknowledged just now.
func (s *Store) abortIdle(ctx context.Context, b Bucket, u Upload, since time.Time) (aborted bool, err error) {
	if u.Initiated.After(since) {
		return false, nil
	}
	err = s.endUpload(ctx, b, u.Key, u.ID, nil, func(tx meta.Tx, _ Bucket, _ Upload, parts []Part) error {
		for _, p := range parts {
			if p.LastModified.After(since) {
				return errInUse
			}
		}
		return s.discardParts(tx, parts)
	})
	if errors.Is(err, errInUse) {
		return false, nil
	}
	return err == nil, ignoreKind(ignoreKind(err, NoSuchUpload), NoSuchBucket)
}
