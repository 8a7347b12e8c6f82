package objectstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"ossd/engine/meta"
)

// bucketRow looks at a row of a bucket or below one. The bucket's own comes first.
func (c *checker) bucketRow(row meta.Row) error {
	name, below, ok := bytes.Cut(row.Key[1:], []byte{0})
	if !ok {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	if len(below) == 0 {
		return c.bucketItself(string(name), row)
	}
	if c.bucket.Name != string(name) {
		c.wrongRow(row.Key, "there is no bucket %q that it and what follows could belong to", name)
		// What lies below is looked at all the same, as if the bucket had ever kept versions.
		c.bucket, c.newestKey, c.anyOther = Bucket{Name: string(name), Versioning: Suspended}, "", false
	}
	switch kind, rest := below[0], below[1:]; kind {
	case 'c':
		if string(rest) != "policy" {
			c.wrongRow(row.Key, "there is no such document")
		}
	case 'n':
		return c.nullRow(string(rest), row)
	case 'o':
		return c.currentRow(string(rest), row)
	case 'p':
		return c.partRow(rest, row)
	case 'u':
		return c.uploadRow(rest, row)
	case 'v':
		return c.versionRow(rest, row)
	default:
		c.wrongRow(row.Key, "there are no such rows")
	}
	return nil
}

func (c *checker) bucketItself(name string, row meta.Row) (err error) {
	c.seen.Buckets++
	c.newestKey, c.anyOther = "", false
	if c.bucket, err = decodeBucket(name, row.Value); err != nil {
		c.bucket = Bucket{Name: name}
		c.wrongRow(row.Key, "%v", err)
		return nil
	}
	if ok, err := c.has(ownedKey(c.bucket.Owner, name)); err != nil {
		return err
	} else if !ok {
		c.wrongRow(row.Key, "account %s has no row that it owns the bucket, which its listing of buckets leaves out", c.bucket.Owner)
	}
	if ok, err := c.has(policyKey(name)); err != nil {
		return err
	} else if ok != (c.bucket.PolicyID != "") {
		c.wrongRow(row.Key, "the bucket's policy is there: %t, the bucket says: %t", ok, !ok)
	}
	return nil
}

// currentRow looks at the current version of a key.
func (c *checker) currentRow(key string, row meta.Row) error {
	o, err := decodeObject(key, row.Value)
	if err != nil {
		c.wrongRow(row.Key, "%v", err)
		return nil
	}
	c.seen.Objects++
	c.checkVersion(row, &o)
	if o.DeleteMarker {
		c.wrongRow(row.Key, "a delete marker stands where the current version does")
		return nil
	}
	if o.VersionID == "" {
		if ok, err := c.has(nullKey(c.bucket.Name, key)); err != nil {
			return err
		} else if ok {
			c.wrongRow(row.Key, "there are two null versions")
		}
	}
	return c.objectContent(&o)
}

// versionRow looks at a version that is not current. The newest of a key comes first.
func (c *checker) versionRow(rest []byte, row meta.Row) error {
	key, suffix, err := splitEscaped(rest, decimalLength)
	if err != nil {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	inverted, err := readDecimal(suffix)
	if err != nil {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	o, err := decodeObject(key, row.Value)
	if err != nil {
		c.wrongRow(row.Key, "%v", err)
		return nil
	}
	if o.sequence != ^inverted {
		c.wrongRow(row.Key, "it has the sequence number %d", o.sequence)
	}
	c.checkVersion(row, &o)
	if c.bucket.Versioning == Unversioned && !c.anyOther {
		c.wrongRow(row.Key, "the bucket has never kept versions")
	}
	first := !c.anyOther || c.newestKey != key
	c.anyOther, c.newestKey = true, key
	if first {
		if err := c.newestOther(row, &o); err != nil {
			return err
		}
	}
	if o.VersionID == "" {
		at, ok, err := findSequence(c.rows, c.bucket.Name, key, NullVersion)
		if err != nil || !ok || at != o.sequence {
			c.wrongRow(row.Key, "requests for the null version do not find it")
		}
	}
	if o.DeleteMarker {
		c.seen.Markers++
		return nil
	}
	c.seen.Versions++
	return c.objectContent(&o)
}

// newestOther compares the newest of the versions that are not current with the one that is.
func (c *checker) newestOther(row meta.Row, o *Object) error {
	current, err := readObject(c.rows, c.bucket.Name, o.Key)
	switch {
	case errors.Is(err, &Error{Kind: NoSuchKey}):
		if !o.DeleteMarker {
			c.wrongRow(row.Key, "it is the newest version and not the current one, so that neither a listing nor a GET shows the key")
		}
	case err != nil: // told already
	case current.sequence <= o.sequence:
		c.wrongRow(row.Key, "it is newer than the current version")
	}
	return nil
}

// checkVersion looks at what a version says of itself.
func (c *checker) checkVersion(row meta.Row, o *Object) {
	if o.VersionID == "" {
		return
	}
	if at, ok := sequenceOf(o.VersionID); !ok || at != o.sequence {
		c.wrongRow(row.Key, "it is called %q, by which requests do not find it", o.VersionID)
	}
}

// nullRow looks at what says where the null version of a key is.
func (c *checker) nullRow(key string, row meta.Row) error {
	if len(row.Value) != 8 {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	at := versionKey(c.bucket.Name, key, binary.BigEndian.Uint64(row.Value))
	value, err := c.rows.Get(at)
	if errors.Is(err, meta.ErrNotFound) {
		c.wrongRow(row.Key, "the null version that it speaks of is not there")
		return nil
	}
	if err != nil {
		return err
	}
	if o, err := decodeObject(key, value); err == nil && o.VersionID != "" {
		c.wrongRow(row.Key, "the null version that it speaks of is the version %s", o.VersionID)
	}
	return nil
}

func (c *checker) uploadRow(rest []byte, row meta.Row) error {
	c.seen.Uploads++
	key, suffix, err := splitEscaped(rest, suffixLength)
	if err != nil {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	id, err := readUploadID(suffix)
	if err == nil {
		_, err = decodeUpload(key, id, row.Value)
	}
	if err != nil {
		c.wrongRow(row.Key, "%v", err)
	}
	return nil
}

// partRow looks at a part. Which key it is for, only the reference to its blob tells.
func (c *checker) partRow(rest []byte, row meta.Row) error {
	const idLength = 32
	if len(rest) != idLength+2 {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	upload, number := string(rest[:idLength]), int(binary.BigEndian.Uint16(rest[idLength:]))
	p, err := decodePart(number, row.Value)
	if err != nil {
		c.wrongRow(row.Key, "%v", err)
		return nil
	}
	c.seen.Parts++
	c.seen.Bytes += p.Size
	of := Finding{}.aboutPart(c.bucket.Name, "", upload, number)
	written, err := c.rows.Get(referenceKey(p.ref))
	if errors.Is(err, meta.ErrNotFound) {
		of.Kind, of.Blob, of.Text = BadReference, string(p.ref), "no row says that the blob is in use"
		c.found(of)
		return c.wantBlob(of, p.ref, p.Size)
	}
	if err != nil {
		return err
	}
	key, ok := bytes.CutPrefix(written, objectRange(c.bucket.Name))
	of.Key = string(key)
	id, _ := parseUploadID(upload)
	if ok {
		ok, err = c.has(uploadKey(c.bucket.Name, string(key), id))
	}
	if err != nil {
		return err
	}
	if !ok {
		of.Kind, of.Text = BadRow, fmt.Sprintf("the part belongs to no upload, row %.200q", row.Key)
		c.found(of)
	}
	return c.wantBlob(of, p.ref, p.Size)
}
