package objectstore

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc64"
	"io"
	"strings"
	"sync"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Put is an object to be written.
type Put struct {
	Bucket Bucket // as it was looked up; the write fails if it has been replaced since
	Key    string

	Body io.Reader
	Size int64 // bytes that Body must yield, or -1 if the end of Body decides

	MD5   []byte  // what the content must hash to, or nil
	CRC64 *uint64 // likewise

	Headers         []Header
	Metadata        []Header
	ACL             ACL          // empty: DefaultACL
	StorageClass    StorageClass // empty: the bucket's
	ForbidOverwrite bool

	// Confirm, if set, is asked between the last byte of Body and the write of
	// the object: much may have changed while the body came in. Its error is
	// returned, and nothing is stored.
	Confirm func() error
}

// PutObject stores an object, replacing one of the same key at once: a reader
// sees the old or the new one, whole. When it returns nil the object is durable.
func (s *Store) PutObject(ctx context.Context, p Put) (Object, error) {
	if err := p.check(); err != nil {
		return Object{}, err
	}
	o, err := s.writeContent(ctx, p)
	if err != nil {
		return Object{}, err
	}
	if p.Confirm != nil {
		err = p.Confirm()
	}
	if err == nil {
		err = s.commitObject(ctx, p, &o)
		var rule *Error
		if err != nil && !errors.As(err, &rule) {
			// Whether the row was written may be unknown, so the blob must stay:
			// if it is an orphan, Sweep finds it.
			return Object{}, err
		}
	}
	if err != nil { // refused by a rule: nothing was written, so nothing refers to the blob
		return Object{}, errors.Join(err, s.Blobs.Delete(context.WithoutCancel(ctx), o.ref))
	}
	return o, nil
}

func (p *Put) check() error {
	if err := CheckKey(p.Bucket.Name, p.Key); err != nil {
		return err
	}
	if p.Size > MaxObjectSize {
		return &Error{Kind: EntityTooLarge, Bucket: p.Bucket.Name, Key: p.Key}
	}
	size := 0
	for _, m := range p.Metadata {
		size += len(m.Name) + len(m.Value)
	}
	if size > MaxMetadataSize {
		return &Error{Kind: MetadataTooLarge, Bucket: p.Bucket.Name, Key: p.Key}
	}
	return nil
}

// writeContent makes the content durable and describes it.
func (s *Store) writeContent(ctx context.Context, p Put) (Object, error) {
	w, err := s.Blobs.Create(ctx, p.Size)
	if err != nil {
		return Object{}, p.refuse(err)
	}
	defer w.Abort()
	size, sum, crc, err := p.stream(w)
	if err != nil {
		return Object{}, err
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return Object{}, p.refuse(err)
	}
	return Object{
		Key: p.Key, Size: size, ETag: strings.ToUpper(hex.EncodeToString(sum)), CRC64: crc, Type: Normal,
		StorageClass: firstOf(p.StorageClass, p.Bucket.StorageClass), ACL: firstOf(p.ACL, DefaultACL),
		Headers: p.Headers, Metadata: p.Metadata, ref: ref,
	}, nil
}

func firstOf[T ~string](a, b T) T {
	if a != "" {
		return a
	}
	return b
}

// refuse gives an engine's error the kind that a client can act on.
func (p *Put) refuse(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return &Error{Kind: StoreFull, Bucket: p.Bucket.Name, Key: p.Key, Err: err}
	}
	return err
}

// copyBuffers hold what lies between a body and its blob. No request holds more of its body than one.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

var crc64Table = crc64.MakeTable(crc64.ECMA)

// stream copies the body into w and checks it against what was announced.
func (p *Put) stream(w io.Writer) (size int64, sum []byte, crc uint64, err error) {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	digest := md5.New()
	for {
		n, rerr := p.fill(*buf, size)
		chunk := (*buf)[:n]
		if size += int64(n); size > MaxObjectSize {
			return 0, nil, 0, &Error{Kind: EntityTooLarge, Bucket: p.Bucket.Name, Key: p.Key}
		}
		if n > 0 {
			if _, err := w.Write(chunk); err != nil {
				return 0, nil, 0, p.refuse(err)
			}
			digest.Write(chunk)
			crc = crc64.Update(crc, crc64Table, chunk)
		}
		if rerr == io.EOF {
			break
		}
		if rerr != nil {
			return 0, nil, 0, &Error{Kind: IncompleteBody, Bucket: p.Bucket.Name, Key: p.Key, Err: rerr}
		}
	}
	return size, digest.Sum(nil), crc, p.compare(size, digest, crc)
}

// fill reads until buf is full, the announced size is reached, or the body ends.
func (p *Put) fill(buf []byte, done int64) (int, error) {
	if p.Size >= 0 {
		left := p.Size - done
		if left == 0 {
			return 0, io.EOF // what lies behind the announced size is not read
		}
		buf = buf[:min(int64(len(buf)), left)]
	}
	// Not io.ReadFull: it reports a clean end with the same error that a body
	// reports when its connection broke.
	n := 0
	for n < len(buf) {
		m, err := p.Body.Read(buf[n:])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (p *Put) compare(size int64, digest hash.Hash, crc uint64) error {
	refuse := func(k Kind) error { return &Error{Kind: k, Bucket: p.Bucket.Name, Key: p.Key} }
	switch {
	case p.Size >= 0 && size != p.Size:
		return refuse(IncompleteBody)
	case p.MD5 != nil && !bytes.Equal(p.MD5, digest.Sum(nil)):
		return refuse(InvalidDigest)
	case p.CRC64 != nil && *p.CRC64 != crc:
		return refuse(InvalidCRC64)
	}
	return nil
}

// commitDeadline bounds the time between a blob's last write and its row. Sweep
// takes a blob for an orphan when it is OrphanAge old, which is far more.
const commitDeadline = 10 * time.Minute

// commitObject writes the rows that make the object exist.
func (s *Store) commitObject(ctx context.Context, p Put, o *Object) error {
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	return s.Rows.Update(ctx, objectLocks(p.Bucket.Name, p.Key), func(tx meta.Tx) error {
		if err := sameBucket(tx, p.Bucket); err != nil {
			return err
		}
		old, err := readObject(tx, p.Bucket.Name, p.Key)
		exists := err == nil
		if err != nil && !errors.Is(err, &Error{Kind: NoSuchKey}) {
			return err
		}
		if exists && p.ForbidOverwrite {
			return &Error{Kind: FileAlreadyExists, Bucket: p.Bucket.Name, Key: p.Key}
		}
		o.LastModified = s.Now().UTC()
		if exists {
			if err := s.discard(tx, old.ref); err != nil {
				return err
			}
		}
		key := objectKey(p.Bucket.Name, p.Key)
		if err := tx.Insert(referenceKey(o.ref), key); err != nil {
			return err
		}
		return tx.Put(key, encodeObject(*o))
	})
}

// objectLocks keep the bucket from being deleted and the key from everybody else.
func objectLocks(bucket, key string) []meta.Lock {
	return []meta.Lock{meta.Shared(string(bucketKey(bucket))), meta.Exclusive(string(objectKey(bucket, key)))}
}

// discard hands a blob to the garbage.
func (s *Store) discard(tx meta.Tx, ref blob.Ref) error {
	return tx.Insert(garbageKey(s.Now().Add(s.Grace), ref), nil)
}
