package objectstore

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/engine/blob"
)

// Values are protocol buffers, written field by field: fields may be added and
// are skipped by programs that do not know them; numbers are never reused.

func appendString(b []byte, n protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func appendUint(b []byte, n protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func appendBool(b []byte, n protowire.Number, v bool) []byte {
	if !v {
		return b
	}
	return appendUint(b, n, 1)
}

func appendFixed(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), v)
}

func appendTime(b []byte, n protowire.Number, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendUint(b, n, uint64(t.UnixNano()))
}

func readTime(u uint64) time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(u)).UTC()
}

func appendHeaders(b []byte, n protowire.Number, hs []Header) []byte {
	for _, h := range hs {
		b = protowire.AppendTag(b, n, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(protowire.SizeBytes(len(h.Name))+len(h.Value)))
		b = protowire.AppendString(b, h.Name)
		b = append(b, h.Value...)
	}
	return b
}

func readHeader(v string) (Header, error) {
	length, rest, err := cutVarint(v)
	if err == nil && length > uint64(len(rest)) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Header{}, err
	}
	return Header{Name: rest[:length], Value: rest[length:]}, nil
}

// cutVarint takes a number off the beginning of a field.
func cutVarint(v string) (u uint64, rest string, err error) {
	u, n := protowire.ConsumeVarint([]byte(v[:min(len(v), binary.MaxVarintLen64)]))
	if n < 0 {
		return 0, "", protowire.ParseError(n)
	}
	return u, v[n:], nil
}

// readFields calls fn for each field of a row; u holds varints, v holds bytes.
// All that is kept of v shares one copy of the row: a page of a listing has
// thousands of small fields.
func readFields(row []byte, fn func(n protowire.Number, u uint64, v string) error) error {
	text := string(row)
	for len(row) > 0 {
		num, typ, n := protowire.ConsumeTag(row)
		if n < 0 {
			return protowire.ParseError(n)
		}
		row = row[n:]
		var u uint64
		var bytes []byte
		switch typ {
		case protowire.VarintType:
			u, n = protowire.ConsumeVarint(row)
		case protowire.Fixed64Type:
			u, n = protowire.ConsumeFixed64(row)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(row)
		default:
			n = protowire.ConsumeFieldValue(num, typ, row)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		row = row[n:]
		end := len(text) - len(row)
		if err := fn(num, u, text[end-len(bytes):end]); err != nil {
			return err
		}
	}
	return nil
}

// readSize refuses what no length of bytes can be.
func readSize(u uint64) (int64, error) {
	if u > math.MaxInt64 {
		return 0, fmt.Errorf("size %d", u)
	}
	return int64(u), nil
}

func encodeBucket(b Bucket) []byte {
	row := appendString(nil, 1, b.ID)
	row = appendString(row, 2, b.Owner)
	row = appendString(row, 3, string(b.ACL))
	row = appendString(row, 4, string(b.StorageClass))
	row = appendString(row, 5, string(b.Redundancy))
	row = appendTime(row, 6, b.Created)
	row = appendString(row, 7, string(b.Versioning))
	row = appendString(row, 8, b.PolicyID)
	row = appendBool(row, 9, b.BlockPublicAccess)
	return appendString(row, 10, string(b.Tags))
}

func decodeBucket(name string, row []byte) (Bucket, error) {
	b := Bucket{Name: name}
	err := readFields(row, func(n protowire.Number, u uint64, v string) error {
		switch n {
		case 1:
			b.ID = v
		case 2:
			b.Owner = v
		case 3:
			b.ACL = ACL(v)
		case 4:
			b.StorageClass = StorageClass(v)
		case 5:
			b.Redundancy = Redundancy(v)
		case 6:
			b.Created = readTime(u)
		case 7:
			b.Versioning = Versioning(v)
		case 8:
			b.PolicyID = string(v)
		case 9:
			b.BlockPublicAccess = u != 0
		case 10:
			b.Tags = BucketTags(v)
		}
		return nil
	})
	if err != nil {
		return Bucket{}, fmt.Errorf("objectstore: row of bucket %q: %w", name, err)
	}
	return b, nil
}

func encodeObject(o *Object) []byte {
	row := make([]byte, 0, 256)
	row = appendUint(row, 1, uint64(o.Size))
	row = appendString(row, 2, o.ETag)
	row = appendFixed(row, 3, o.CRC64)
	row = appendTime(row, 4, o.LastModified)
	row = appendString(row, 5, string(o.Type))
	row = appendString(row, 6, string(o.StorageClass))
	row = appendString(row, 7, string(o.ACL))
	row = appendHeaders(row, 8, o.Headers)
	row = appendHeaders(row, 9, o.Metadata)
	row = appendString(row, 10, string(o.content.ref))
	row = appendString(row, 11, o.content.id)
	row = appendString(row, 12, o.VersionID)
	row = appendUint(row, 13, o.sequence)
	row = appendBool(row, 14, o.DeleteMarker)
	row = appendString(row, 15, o.Target)
	row = appendHeaders(row, 16, o.Tags)
	row = appendTime(row, 17, o.Restore.Ready)
	row = appendTime(row, 18, o.Restore.Expiry)
	return appendString(row, 19, string(o.sum))
}

func decodeObject(key string, row []byte) (Object, error) {
	o := Object{Key: key}
	err := readFields(row, func(n protowire.Number, u uint64, v string) (err error) {
		switch n {
		case 1:
			o.Size, err = readSize(u)
		case 2:
			o.ETag = v
		case 3:
			o.CRC64 = u
		case 4:
			o.LastModified = readTime(u)
		case 5:
			o.Type = ObjectType(v)
		case 6:
			o.StorageClass = StorageClass(v)
		case 7:
			o.ACL = ACL(v)
		case 8:
			o.Headers, err = appendHeader(o.Headers, v)
		case 9:
			o.Metadata, err = appendHeader(o.Metadata, v)
		case 10:
			o.content.ref = blob.Ref(v)
		case 11:
			o.content.id = v
		case 12:
			o.VersionID = v
		case 13:
			o.sequence = u
		case 14:
			o.DeleteMarker = u != 0
		case 15:
			o.Target = v
		case 16:
			o.Tags, err = appendHeader(o.Tags, v)
		case 17:
			o.Restore.Ready = readTime(u)
		case 18:
			o.Restore.Expiry = readTime(u)
		case 19:
			o.sum = v
		}
		return err
	})
	if err != nil {
		return Object{}, fmt.Errorf("objectstore: row of object %q: %w", key, err)
	}
	return o, nil
}

// sizeOf reads no more of an object's or a part's row than counting needs. What
// cannot be read counts as nothing.
func sizeOf(row []byte) (size int64, marker bool) {
	for len(row) > 0 {
		num, typ, n := protowire.ConsumeTag(row)
		if n < 0 {
			return size, marker
		}
		row = row[n:]
		if typ == protowire.VarintType && (num == 1 || num == 14) {
			u, _ := protowire.ConsumeVarint(row)
			if num == 1 {
				size = int64(min(u, math.MaxInt64))
			} else {
				marker = u != 0
			}
		}
		if n = protowire.ConsumeFieldValue(num, typ, row); n < 0 {
			return size, marker
		}
		row = row[n:]
	}
	return size, marker
}

func appendHeader(hs []Header, v string) ([]Header, error) {
	h, err := readHeader(v)
	return append(hs, h), err
}

func encodeUpload(u *Upload) []byte {
	row := appendTime(nil, 1, u.Initiated)
	row = appendString(row, 2, string(u.StorageClass))
	row = appendHeaders(row, 3, u.Headers)
	row = appendHeaders(row, 4, u.Metadata)
	row = appendHeaders(row, 5, u.Tags)
	row = appendBool(row, 6, u.Sequential)
	return appendString(row, 7, string(u.ACL))
}

func decodeUpload(key string, id uploadID, row []byte) (Upload, error) {
	up := Upload{Key: key, ID: id.String()}
	err := readFields(row, func(n protowire.Number, u uint64, v string) (err error) {
		switch n {
		case 1:
			up.Initiated = readTime(u)
		case 2:
			up.StorageClass = StorageClass(v)
		case 3:
			up.Headers, err = appendHeader(up.Headers, v)
		case 4:
			up.Metadata, err = appendHeader(up.Metadata, v)
		case 5:
			up.Tags, err = appendHeader(up.Tags, v)
		case 6:
			up.Sequential = u != 0
		case 7:
			up.ACL = ACL(v)
		}
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("objectstore: row of upload %s: %w", up.ID, err)
	}
	return up, nil
}

func encodePart(p *Part) []byte {
	row := appendUint(nil, 1, uint64(p.Size))
	row = appendString(row, 2, p.ETag)
	row = appendFixed(row, 3, p.CRC64)
	row = appendTime(row, 4, p.LastModified)
	row = appendString(row, 5, string(p.ref))
	return appendString(row, 6, string(p.digest))
}

func decodePart(number int, row []byte) (Part, error) {
	p := Part{Number: number}
	err := readFields(row, func(n protowire.Number, u uint64, v string) (err error) {
		switch n {
		case 1:
			p.Size, err = readSize(u)
		case 2:
			p.ETag = v
		case 3:
			p.CRC64 = u
		case 4:
			p.LastModified = readTime(u)
		case 5:
			p.ref = blob.Ref(v)
		case 6:
			p.digest = []byte(v)
		}
		return err
	})
	if err != nil {
		return Part{}, fmt.Errorf("objectstore: row of part %d: %w", number, err)
	}
	return p, nil
}

// encodeExtents lists blobs and their lengths, in the order of the content.
func encodeExtents(extents []extent) (row []byte) {
	for _, x := range extents {
		row = protowire.AppendTag(row, 1, protowire.BytesType)
		row = protowire.AppendVarint(row, uint64(protowire.SizeVarint(uint64(x.size))+len(x.ref)))
		row = append(protowire.AppendVarint(row, uint64(x.size)), x.ref...)
	}
	return row
}

func decodeExtents(row []byte) (extents []extent, err error) {
	err = readFields(row, func(n protowire.Number, _ uint64, v string) error {
		if n != 1 {
			return nil
		}
		size, ref, err := cutVarint(v)
		if err != nil {
			return err
		}
		whole, err := readSize(size)
		extents = append(extents, extent{ref: blob.Ref(ref), size: whole})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("objectstore: row of extents: %w", err)
	}
	return extents, nil
}
