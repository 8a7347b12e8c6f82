package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"ossd/engine/blob"
)

const (
	layout     = "ossd blobs in S3 1\n"
	formatName = "FORMAT"
	suffix     = ".1" // of references: how what they name is laid out
	idBytes    = 16
	tidyFor    = 10 * time.Second // for what is done after the caller's context may have ended
)

// Store is a blob.Store in a bucket.
type Store struct {
	config    Config
	core      *minio.Core
	transport *transport
	metrics   *metrics
	buffers   *buffers
	limits    limits

	mu      sync.Mutex
	writing map[blob.Ref]struct{} // begun here and not ended
}

var (
	_ blob.Store     = (*Store)(nil)
	_ blob.Inspector = (*Store)(nil)
	_ blob.Importer  = (*Store)(nil)
)

// Open opens the store in a bucket, which must be there and be writable. Another
// layout than this one under the prefix is refused. Several nodes may open one.
func Open(ctx context.Context, config Config) (*Store, error) {
	if err := config.complete(); err != nil {
		return nil, fmt.Errorf("blob/s3: %w", err)
	}
	if config.Random == nil {
		config.Random = rand.Reader
	}
	m := newMetrics()
	core, t, err := config.client(m)
	if err != nil {
		return nil, fmt.Errorf("blob/s3: %w", err)
	}
	s := &Store{
		config: config, core: core, transport: t, metrics: m,
		buffers: newBuffers(config.PartBuffers), limits: defaultLimits, writing: map[blob.Ref]struct{}{},
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("blob/s3: cannot use %v: %w", config, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	name := s.config.Prefix + formatName
	found, err := s.format(ctx, name)
	switch {
	case errors.Is(err, errNoBucket) && s.config.CreateBucket:
		if err := s.createBucket(ctx); err != nil {
			return err
		}
	case errors.Is(err, blob.ErrNotFound): // nobody was here before
	case err != nil:
		return err
	case found != layout:
		return fmt.Errorf("%s holds %q, not %q: this is another layout", name, found, layout)
	}
	// Written each time, since only that tells whether it can be.
	return s.put(ctx, name, []byte(layout))
}

// format returns what a small object holds, such as the one that names the layout. It is read first,
// since HEAD, which could ask for the bucket, is refused without a reason.
func (s *Store) format(ctx context.Context, name string) (found string, err error) {
	err = s.try(ctx, "read", name, func(ctx context.Context) error {
		body, _, _, err := s.core.GetObject(ctx, s.config.Bucket, name, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer body.Close()
		b, err := io.ReadAll(io.LimitReader(body, 256))
		found = string(b)
		return err
	})
	return found, err
}

func (s *Store) createBucket(ctx context.Context) error {
	return s.try(ctx, "create", s.config.Bucket, func(ctx context.Context) error {
		err := s.core.MakeBucket(ctx, s.config.Bucket, minio.MakeBucketOptions{Region: s.config.Region})
		if minio.ToErrorResponse(err).Code == "BucketAlreadyOwnedByYou" { // another node was faster
			return nil
		}
		return err
	})
}

// put stores an object in one request. The store compares the SHA-256 that is
// signed with what it gets.
func (s *Store) put(ctx context.Context, name string, data []byte) error {
	sum := sha256.Sum256(data)
	return s.try(ctx, "write", name, func(ctx context.Context) error {
		_, err := s.core.PutObject(ctx, s.config.Bucket, name, bytes.NewReader(data), int64(len(data)), "", hex.EncodeToString(sum[:]),
			minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true}) // not in chunks, but as a whole
		return err
	})
}

// Create implements blob.Store. Until Commit, ctx also ends what Write sends.
func (s *Store) Create(ctx context.Context, sizeHint int64) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var id [idBytes]byte
	if _, err := io.ReadFull(s.config.Random, id[:]); err != nil {
		return nil, err
	}
	return s.newBlob(ctx, blob.Ref(hex.EncodeToString(id[:])+suffix), sizeHint), nil
}

// Import implements blob.Importer.
func (s *Store) Import(ctx context.Context, ref blob.Ref, sizeHint int64) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !isForeign(ref) {
		return nil, fmt.Errorf("blob/s3: %q cannot be the name of another store's blob", ref)
	}
	return s.newBlob(ctx, ref, sizeHint), nil
}

func (s *Store) newBlob(ctx context.Context, ref blob.Ref, sizeHint int64) blob.Writer {
	s.mu.Lock()
	s.writing[ref] = struct{}{}
	s.mu.Unlock()
	return newWriter(ctx, s, ref, sizeHint)
}

func (s *Store) end(ref blob.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.writing, ref)
}

func (s *Store) isWriting(ref blob.Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, writing := s.writing[ref]
	return writing
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, ref blob.Ref) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name, ok := s.name(ref)
	if !ok {
		return nil
	}
	return s.remove(ctx, name)
}

func (s *Store) remove(ctx context.Context, name string) error {
	err := s.try(ctx, "delete", name, func(ctx context.Context) error {
		return s.core.RemoveObject(ctx, s.config.Bucket, name, minio.RemoveObjectOptions{})
	})
	if errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	return err
}

// Size implements blob.Inspector.
func (s *Store) Size(ctx context.Context, ref blob.Ref) (int64, error) {
	name, ok := s.name(ref)
	if !ok {
		return 0, blob.ErrNotFound
	}
	var info minio.ObjectInfo
	if err := s.try(ctx, "look at", name, func(ctx context.Context) (err error) {
		info, err = s.core.StatObject(ctx, s.config.Bucket, name, minio.StatObjectOptions{})
		return err
	}); err != nil {
		return 0, err
	}
	size, ok := blobLength(info.Size)
	if !ok {
		return 0, corrupt(name, "has the size of no blob")
	}
	return size, nil
}

func corrupt(name, how string) error { return fmt.Errorf("%w: %s %s", blob.ErrCorrupt, name, how) }

// Where implements blob.Inspector.
func (s *Store) Where(ref blob.Ref) string {
	name, ok := s.name(ref)
	if !ok {
		return ""
	}
	return "s3://" + s.config.Bucket + "/" + name
}

// Close implements blob.Store.
func (s *Store) Close() error {
	s.transport.base.CloseIdleConnections()
	return nil
}
