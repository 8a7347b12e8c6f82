package objectstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ossd/engine/meta"
)

// A key's newest version lies in the range of current versions, unless it is a
// delete marker: then that, like all older versions, lies in the range of the
// others. The null version's row is found by its own, when it is among the others.

// head is what a write must know of a key.
type head struct {
	newest  *Object // nil: the key has no version
	current bool    // newest is no delete marker
}

// readHead finds the newest version of a key. The caller holds objectLocks.
func readHead(rows meta.Snapshot, b Bucket, key string) (head, error) {
	o, err := readObject(rows, b.Name, key)
	if err == nil {
		return head{&o, true}, nil
	}
	if !errors.Is(err, &Error{Kind: NoSuchKey}) || b.Versioning == Unversioned {
		return head{}, ignoreKind(err, NoSuchKey)
	}
	newest, err := readNewestOther(rows, b.Name, key)
	return head{newest: newest}, err
}

// readNewestOther returns the newest of the versions that are not current, nil if there is none.
func readNewestOther(rows meta.Snapshot, bucket, key string) (*Object, error) {
	for row, err := range rows.Scan(versionsOf(bucket, key), behindVersions(bucket, key)) {
		if err != nil {
			return nil, err
		}
		o, err := decodeObject(key, row.Value)
		return &o, err
	}
	return nil, nil
}

// readVersion returns one version of a key or a delete marker, or NoSuchVersion.
func readVersion(rows meta.Snapshot, bucket, key, version string) (o Object, current bool, err error) {
	if o, err = readObject(rows, bucket, key); err == nil && o.Version() == version {
		return o, true, nil
	}
	if err = ignoreKind(err, NoSuchKey); err != nil {
		return Object{}, false, err
	}
	missing := &Error{Kind: NoSuchVersion, Bucket: bucket, Key: key}
	sequence, ok, err := findSequence(rows, bucket, key, version)
	if err != nil {
		return Object{}, false, err
	}
	if !ok {
		return Object{}, false, missing
	}
	row, err := rows.Get(versionKey(bucket, key, sequence))
	if errors.Is(err, meta.ErrNotFound) {
		return Object{}, false, missing
	}
	if err != nil {
		return Object{}, false, err
	}
	if o, err = decodeObject(key, row); err == nil && o.Version() != version {
		err = missing
	}
	return o, false, err
}

// findSequence tells where among the others a version would lie.
func findSequence(rows meta.Snapshot, bucket, key, version string) (sequence uint64, ok bool, err error) {
	if version != NullVersion {
		sequence, ok = sequenceOf(version)
		return sequence, ok, nil
	}
	row, err := rows.Get(nullKey(bucket, key))
	if errors.Is(err, meta.ErrNotFound) {
		return 0, false, nil
	}
	if err == nil && len(row) != 8 {
		err = fmt.Errorf("objectstore: malformed row of the null version of %q in bucket %q", key, bucket)
	}
	if err != nil {
		return 0, false, err
	}
	return binary.BigEndian.Uint64(row), true, nil
}

// Version ids are opaque to clients. Ours name the sequence, by which the
// version is found, and end in chance, so that no two keys share one.
const versionPrefix = "CAEQ"

func (s *Store) newVersionID(sequence uint64) (string, error) {
	var chance [6]byte
	if _, err := io.ReadFull(s.Random, chance[:]); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s%016x%x", versionPrefix, sequence, chance), nil
}

func sequenceOf(version string) (uint64, bool) {
	rest, ok := strings.CutPrefix(version, versionPrefix)
	if !ok || len(rest) != 28 {
		return 0, false
	}
	n, err := strconv.ParseUint(rest[:16], 16, 64)
	return n, err == nil
}

// maxVersionLength bounds version ids, in bytes.
const maxVersionLength = 255

// ValidVersionID tells whether the service could have issued such an id: letters,
// digits, '.', '-' and '_', after a beginning that all of them have (SDK suite
// oss2 test_delete_object_versions_with_invalid_arguments).
func ValidVersionID(id string) bool {
	if id == NullVersion {
		return true
	}
	if !strings.HasPrefix(id, versionPrefix) || len(id) > maxVersionLength {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '.' && r != '-' && r != '_'
	})
}

// install makes o, an object or a delete marker, the newest version of its key,
// as the bucket's state of versioning has it (vendor documentation "Overview of
// versioning").
func (s *Store) install(tx meta.Tx, b Bucket, h head, o *Object) error {
	key := objectKey(b.Name, o.Key)
	if b.Versioning == Unversioned {
		return s.replaceOnly(tx, h, o, key)
	}
	o.sequence = uint64(s.Now().UnixNano())
	if h.newest != nil {
		o.sequence = max(o.sequence, h.newest.sequence+1)
	}
	if b.Versioning == Suspended {
		o.VersionID = ""
		if err := s.dropNull(tx, b.Name, o.Key, &h); err != nil {
			return err
		}
	} else {
		id, err := s.newVersionID(o.sequence)
		if err != nil {
			return err
		}
		o.VersionID = id
	}
	if h.current {
		if err := putOther(tx, b.Name, h.newest); err != nil {
			return err
		}
	}
	if !o.DeleteMarker {
		return tx.Put(key, encodeObject(o))
	}
	if err := putOther(tx, b.Name, o); err != nil || !h.current {
		return err
	}
	return tx.Delete(key)
}

// replaceOnly is install where a key has one version.
func (s *Store) replaceOnly(tx meta.Tx, h head, o *Object, key []byte) error {
	if h.newest != nil {
		if err := s.discard(tx, h.newest.content); err != nil {
			return err
		}
	}
	if !o.DeleteMarker {
		return tx.Put(key, encodeObject(o))
	}
	if h.newest == nil {
		return nil
	}
	return tx.Delete(key)
}

// dropNull discards the null version, if there is one, to make room for
// another. If it was the current one, h no longer says that there is any; its
// row is left for the caller to replace.
func (s *Store) dropNull(tx meta.Tx, bucket, key string, h *head) error {
	if h.current && h.newest.VersionID == "" {
		h.current = false
		if err := s.discard(tx, h.newest.content); err != nil {
			return err
		}
		return tx.Delete(objectKey(bucket, key))
	}
	old, _, err := readVersion(tx, bucket, key, NullVersion)
	if errors.Is(err, &Error{Kind: NoSuchVersion}) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.removeOther(tx, bucket, &old)
}

// putOther writes a version into the range of those that are not current.
func putOther(tx meta.Tx, bucket string, o *Object) error {
	if o.VersionID == "" {
		at := binary.BigEndian.AppendUint64(nil, o.sequence)
		if err := tx.Put(nullKey(bucket, o.Key), at); err != nil {
			return err
		}
	}
	return tx.Put(versionKey(bucket, o.Key, o.sequence), encodeObject(o))
}

// removeOther takes a version out of that range, and discards its content.
func (s *Store) removeOther(tx meta.Tx, bucket string, o *Object) error {
	if err := s.discard(tx, o.content); err != nil {
		return err
	}
	return deleteOther(tx, bucket, o)
}

func deleteOther(tx meta.Tx, bucket string, o *Object) error {
	if o.VersionID == "" {
		if err := tx.Delete(nullKey(bucket, o.Key)); err != nil {
			return err
		}
	}
	return tx.Delete(versionKey(bucket, o.Key, o.sequence))
}

// removeVersion deletes one version for good. If it was the newest, the one
// before it becomes the newest.
func (s *Store) removeVersion(tx meta.Tx, bucket, key, version string) (removed Object, err error) {
	removed, current, err := readVersion(tx, bucket, key, version)
	if err != nil {
		return removed, err
	}
	if current {
		if err := errors.Join(s.discard(tx, removed.content), tx.Delete(objectKey(bucket, key))); err != nil {
			return removed, err
		}
		return removed, promote(tx, bucket, key)
	}
	if err := s.removeOther(tx, bucket, &removed); err != nil || !removed.DeleteMarker {
		return removed, err
	}
	if _, err := readObject(tx, bucket, key); !errors.Is(err, &Error{Kind: NoSuchKey}) {
		return removed, err
	}
	return removed, promote(tx, bucket, key)
}

// promote makes the newest of the other versions current, unless it is a delete marker.
func promote(tx meta.Tx, bucket, key string) error {
	newest, err := readNewestOther(tx, bucket, key)
	if err != nil || newest == nil || newest.DeleteMarker {
		return err
	}
	if err := deleteOther(tx, bucket, newest); err != nil {
		return err
	}
	return tx.Put(objectKey(bucket, key), encodeObject(newest))
}

// rewrite changes one version in place; an empty version means the current one.
// fn gets the version as it is, and its error ends the matter.
func (s *Store) rewrite(tx meta.Tx, bucket, key, version string, fn func(*Object) error) (o Object, err error) {
	current := true
	if version == "" {
		o, err = readObject(tx, bucket, key)
	} else {
		o, current, err = readVersion(tx, bucket, key, version)
	}
	if err != nil {
		return o, err
	}
	if o.DeleteMarker {
		return o, &Error{Kind: NoSuchKey, Bucket: bucket, Key: key}
	}
	if err := fn(&o); err != nil {
		return o, err
	}
	if current {
		return o, tx.Put(objectKey(bucket, key), encodeObject(&o))
	}
	return o, tx.Put(versionKey(bucket, key, o.sequence), encodeObject(&o))
}

// ignoreKind returns nil for a refusal of a kind, and any other error as it is.
func ignoreKind(err error, kind Kind) error {
	if errors.Is(err, &Error{Kind: kind}) {
		return nil
	}
	return err
}
