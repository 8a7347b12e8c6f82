package objectstore

import (
	"context"
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
			idle, err := s.idle(ctx, bucket, u, before)
			if err != nil {
				return aborted, err
			}
			if !idle {
				continue
			}
			switch err := s.AbortUpload(ctx, found.Bucket, u.Key, u.ID); {
			case err == nil:
				aborted++
			case ignoreKind(ignoreKind(err, NoSuchUpload), NoSuchBucket) != nil:
				return aborted, err
			}
		}
		if q.AfterKey, q.AfterUpload = page.LastKey, page.LastUpload; !page.More {
			return aborted, nil
		}
	}
}

// idle tells whether nothing came for an upload since an instant.
func (s *Store) idle(ctx context.Context, bucket string, u Upload, since time.Time) (bool, error) {
	if u.Initiated.After(since) {
		return false, nil
	}
	page, err := s.Parts(ctx, bucket, u.Key, u.ID, 0, MaxParts)
	if err != nil {
		return false, ignoreKind(err, NoSuchUpload)
	}
	for _, p := range page.Parts {
		if p.LastModified.After(since) {
			return false, nil
		}
	}
	return true, nil
}
