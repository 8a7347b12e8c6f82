package objectstore

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"ossd/engine/meta"
)

// Upload is a multipart upload that is under way.
type Upload struct {
	ID        string // 32 upper-case hex digits; orders the uploads of a key by the time of their initiation
	Key       string
	Initiated time.Time
	Properties
	// Sequential says that parts are uploaded one after the other, so that the
	// object's MD5 is known in the end.
	Sequential bool
}

// uploadID is what an upload's id says: nanoseconds, and chance.
type uploadID struct{ time, chance uint64 }

func (id uploadID) String() string {
	b := binary.BigEndian.AppendUint64(nil, id.time)
	return upperHex(binary.BigEndian.AppendUint64(b, id.chance))
}

// suffixLength is that of the id behind an escaped key, without the zero byte.
const suffixLength = 2 * decimalLength

func (id uploadID) suffix() []byte {
	return appendDecimal(appendDecimal([]byte{0}, id.time), id.chance)
}

func readUploadID(suffix []byte) (id uploadID, err error) {
	if id.time, err = readDecimal(suffix[:decimalLength]); err == nil {
		id.chance, err = readDecimal(suffix[decimalLength:])
	}
	return id, err
}

// parseUploadID accepts what String returns and nothing else.
func parseUploadID(text string) (id uploadID, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 16 {
		return id, false
	}
	id = uploadID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
	return id, id.String() == text
}

// NewUpload begins a multipart upload; ID and Initiated are the store's to choose.
func (s *Store) NewUpload(ctx context.Context, b Bucket, u Upload, forbidOverwrite bool) (Upload, error) {
	if err := u.check(b.Name, u.Key); err != nil {
		return Upload{}, err
	}
	var chance [8]byte
	if _, err := io.ReadFull(s.Random, chance[:]); err != nil {
		return Upload{}, err
	}
	u.Initiated = s.Now().UTC()
	id := uploadID{uint64(u.Initiated.UnixNano()), binary.BigEndian.Uint64(chance[:])}
	u.ID = id.String()
	locks := []meta.Lock{meta.Shared(string(bucketKey(b.Name))), meta.Shared(string(objectKey(b.Name, u.Key)))}
	err := s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		now, err := sameBucket(tx, b)
		if err != nil {
			return err
		}
		u.StorageClass = firstOf(u.StorageClass, now.StorageClass)
		if forbidOverwrite && now.Versioning == Unversioned {
			if err := refuseObject(tx, b.Name, u.Key); err != nil {
				return err
			}
		}
		return tx.Insert(uploadKey(b.Name, u.Key, id), encodeUpload(&u))
	})
	return u, err
}

// refuseObject fails with FileAlreadyExists if a key has an object.
func refuseObject(rows meta.Snapshot, bucket, key string) error {
	_, err := readObject(rows, bucket, key)
	if err == nil {
		return &Error{Kind: FileAlreadyExists, Bucket: bucket, Key: key}
	}
	return ignoreKind(err, NoSuchKey)
}

// Upload returns an upload that is under way, or NoSuchUpload.
func (s *Store) Upload(ctx context.Context, bucket, key, id string) (u Upload, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		u, _, err = readUpload(rows, bucket, key, id)
		return err
	})
	return u, err
}

func readUpload(rows meta.Snapshot, bucket, key, text string) (Upload, uploadID, error) {
	missing := &Error{Kind: NoSuchUpload, Bucket: bucket, Key: key, Upload: text}
	id, ok := parseUploadID(text)
	if !ok {
		return Upload{}, id, missing
	}
	row, err := rows.Get(uploadKey(bucket, key, id))
	if errors.Is(err, meta.ErrNotFound) {
		return Upload{}, id, missing
	}
	if err != nil {
		return Upload{}, id, err
	}
	u, err := decodeUpload(key, id, row)
	return u, id, err
}

// AbortUpload ends an upload and frees its parts.
func (s *Store) AbortUpload(ctx context.Context, b Bucket, key, id string) error {
	return s.endUpload(ctx, b, key, id, nil, func(tx meta.Tx, _ Bucket, _ Upload, parts []Part) error {
		return s.discardParts(tx, parts)
	})
}

func (s *Store) discardParts(tx meta.Tx, parts []Part) error {
	for _, p := range parts {
		if err := s.discardBlob(tx, p.ref); err != nil {
			return err
		}
	}
	return nil
}

// endUpload hands an upload and all its parts to fn and removes their rows.
// Further locks may be given, for what fn does beside.
func (s *Store) endUpload(ctx context.Context, b Bucket, key, text string, locks []meta.Lock,
	fn func(tx meta.Tx, b Bucket, u Upload, parts []Part) error) error {
	id, _ := parseUploadID(text) // what is no id has no row, which readUpload tells
	locks = append(locks,
		meta.Shared(string(bucketKey(b.Name))),
		meta.Exclusive(string(uploadKey(b.Name, key, id))),
		meta.Exclusive(string(partsOf(b.Name, id))),
	)
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		now, err := sameBucket(tx, b)
		if err != nil {
			return err
		}
		u, _, err := readUpload(tx, b.Name, key, text)
		if err != nil {
			return err
		}
		parts, err := readParts(tx, b.Name, id, 0, MaxParts)
		if err != nil {
			return err
		}
		if err := fn(tx, now, u, parts); err != nil {
			return err
		}
		for _, p := range parts {
			if err := tx.Delete(partKey(b.Name, id, p.Number)); err != nil {
				return err
			}
		}
		return tx.Delete(uploadKey(b.Name, key, id))
	})
}
