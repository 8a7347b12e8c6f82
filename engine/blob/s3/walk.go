package s3

import (
	"context"
	"errors"
	"time"

	"github.com/minio/minio-go/v7"

	"ossd/engine/blob"
)

// granularity is how much later than the store says something can have been: it
// cuts its times off to seconds.
const granularity = time.Second

// Walk implements blob.Store. It aborts uploads that were left behind.
func (s *Store) Walk(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	if err := s.tidyUploads(ctx, olderThan); err != nil {
		return err
	}
	return s.walk(ctx, olderThan, fn, func(group string) error {
		s.config.Logger.Info("blob/s3: removing what a blob was to be made of", "object", group)
		return s.remove(ctx, group)
	})
}

// Inspect implements blob.Inspector.
func (s *Store) Inspect(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	return s.walk(ctx, olderThan, fn, func(string) error { return nil })
}

// walk shows the blobs, and what is left of groups of parts.
func (s *Store) walk(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error, left func(group string) error) error {
	return s.objects(ctx, func(o minio.ObjectInfo) error {
		ref, group, ours := s.refOf(o.Key)
		switch {
		case !ours, s.isWriting(ref), !s.older(o.LastModified, olderThan):
			return nil
		case group:
			return left(o.Key)
		}
		return fn(ref, sizeOf(o.Size))
	})
}

// older tells whether something that the store's clock says was written before
// a time of ours. It is compared with the clock that the store's answers show.
func (s *Store) older(written, than time.Time) bool {
	ahead := time.Duration(s.transport.skew.Load())
	return written.Add(granularity - ahead).Before(than)
}

// sizeOf is how long a blob is whose object has a size; one that was damaged can
// be as long as that.
func sizeOf(size int64) int64 {
	if length, ok := blobLength(size); ok {
		return length
	}
	return size
}

// stopped is what a caller's function returned.
type stopped struct{ error }

// objects calls fn for each object under the prefix, in pages. A page that fails
// is asked for again from where the last one ended.
func (s *Store) objects(ctx context.Context, fn func(minio.ObjectInfo) error) error {
	after := ""
	for {
		from := after
		err := s.try(ctx, "list", s.config.Prefix, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			owner := false
			for o := range s.core.ListObjectsIter(ctx, s.config.Bucket, minio.ListObjectsOptions{Prefix: s.config.Prefix, Recursive: true, StartAfter: after, FetchOwner: &owner}) {
				if o.Err != nil {
					return o.Err
				}
				if err := fn(o); err != nil {
					return stopped{err}
				}
				after = o.Key
			}
			return ctx.Err()
		})
		var own stopped
		if errors.As(err, &own) {
			return own.error
		}
		// Where there was progress, the tries begin anew.
		if err == nil || !errors.Is(err, blob.ErrUnavailable) || after == from {
			return err
		}
	}
}

// tidyUploads aborts the multipart uploads of this package that no part came to
// since olderThan: their writers are gone.
func (s *Store) tidyUploads(ctx context.Context, olderThan time.Time) error {
	var page minio.ListMultipartUploadsResult
	for {
		key, id := page.NextKeyMarker, page.NextUploadIDMarker
		if err := s.try(ctx, "list uploads of", s.config.Prefix, func(ctx context.Context) (err error) {
			page, err = s.core.ListMultipartUploads(ctx, s.config.Bucket, s.config.Prefix, key, id, "", 0)
			return err
		}); err != nil {
			return err
		}
		for _, u := range page.Uploads {
			if err := s.tidyUpload(ctx, u, olderThan); err != nil {
				return err
			}
		}
		if !page.IsTruncated || page.NextKeyMarker == key && page.NextUploadIDMarker == id {
			return nil
		}
	}
}

func (s *Store) tidyUpload(ctx context.Context, u minio.ObjectMultipartInfo, olderThan time.Time) error {
	ref, _, ours := s.refOf(u.Key)
	if !ours || s.isWriting(ref) || !s.older(u.Initiated, olderThan) {
		return nil
	}
	alive, err := s.lives(ctx, u, olderThan)
	if err != nil || alive {
		return err
	}
	s.config.Logger.Info("blob/s3: aborting an upload that was left behind", "object", u.Key, "begun", u.Initiated)
	return s.abort(ctx, u.Key, u.UploadID)
}

// lives tells whether a part of an upload is young: perhaps another node is slow.
func (s *Store) lives(ctx context.Context, u minio.ObjectMultipartInfo, olderThan time.Time) (bool, error) {
	for marker := 0; ; {
		var page minio.ListObjectPartsResult
		gone := false
		if err := s.try(ctx, "list parts of", u.Key, func(ctx context.Context) (err error) {
			page, err = s.core.ListObjectParts(ctx, s.config.Bucket, u.Key, u.UploadID, marker, 0)
			if gone = minio.ToErrorResponse(err).Code == "NoSuchUpload"; gone {
				return nil
			}
			return err
		}); err != nil || gone {
			return gone, err
		}
		for _, p := range page.ObjectParts {
			if !s.older(p.LastModified, olderThan) {
				return true, nil
			}
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return false, nil
		}
		marker = page.NextPartNumberMarker
	}
}
