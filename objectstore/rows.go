package objectstore

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/engine/blob"
)

// Rows by the first byte of their keys. Bucket names contain no zero byte, so
// what lies below one bucket cannot be taken for another's; the object key
// comes last, unescaped, so that byte order is the order of listings.
//
//	B bucket 0           a bucket
//	B bucket 0 o key     the current object of a key
//	O account 0 bucket   an account owns a bucket
//	R ref                a blob is referred to by the row that is the value
//	G time ref           a blob may be deleted after time (big-endian Unix nanoseconds)
//
// The first byte A belongs to package access.

func bucketKey(bucket string) []byte { return []byte("B" + bucket + "\x00") }

func objectRange(bucket string) []byte { return []byte("B" + bucket + "\x00o") }

func objectKey(bucket, key string) []byte { return []byte("B" + bucket + "\x00o" + key) }

func ownedRange(account string) []byte { return []byte("O" + account + "\x00") }

func ownedKey(account, bucket string) []byte { return []byte("O" + account + "\x00" + bucket) }

func referenceKey(ref blob.Ref) []byte { return []byte("R" + ref) }

func garbageKey(due time.Time, ref blob.Ref) []byte {
	k := binary.BigEndian.AppendUint64([]byte{'G'}, uint64(due.UnixNano()))
	return append(k, ref...)
}

func splitGarbageKey(key []byte) (due time.Time, ref blob.Ref, err error) {
	if len(key) < 10 || key[0] != 'G' {
		return time.Time{}, "", fmt.Errorf("objectstore: malformed garbage row %q", key)
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[1:]))), blob.Ref(key[9:]), nil
}

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

func appendHeaders(b []byte, n protowire.Number, hs []Header) []byte {
	for _, h := range hs {
		b = protowire.AppendTag(b, n, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(protowire.SizeBytes(len(h.Name))+len(h.Value)))
		b = protowire.AppendString(b, h.Name)
		b = append(b, h.Value...)
	}
	return b
}

func readHeader(v []byte) (Header, error) {
	name, n := protowire.ConsumeString(v)
	if n < 0 {
		return Header{}, protowire.ParseError(n)
	}
	return Header{Name: name, Value: string(v[n:])}, nil
}

// readFields calls fn for each field of a row; u holds varints, v holds bytes.
func readFields(row []byte, fn func(n protowire.Number, u uint64, v []byte) error) error {
	for len(row) > 0 {
		num, typ, n := protowire.ConsumeTag(row)
		if n < 0 {
			return protowire.ParseError(n)
		}
		row = row[n:]
		var u uint64
		var v []byte
		switch typ {
		case protowire.VarintType:
			u, n = protowire.ConsumeVarint(row)
		case protowire.Fixed64Type:
			u, n = protowire.ConsumeFixed64(row)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(row)
		default:
			n = protowire.ConsumeFieldValue(num, typ, row)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		row = row[n:]
		if err := fn(num, u, v); err != nil {
			return err
		}
	}
	return nil
}

func encodeBucket(b Bucket) []byte {
	row := appendString(nil, 1, b.ID)
	row = appendString(row, 2, b.Owner)
	row = appendString(row, 3, string(b.ACL))
	row = appendString(row, 4, string(b.StorageClass))
	row = appendString(row, 5, string(b.Redundancy))
	return appendUint(row, 6, uint64(b.Created.UnixNano()))
}

func decodeBucket(name string, row []byte) (Bucket, error) {
	b := Bucket{Name: name}
	err := readFields(row, func(n protowire.Number, u uint64, v []byte) error {
		switch n {
		case 1:
			b.ID = string(v)
		case 2:
			b.Owner = string(v)
		case 3:
			b.ACL = ACL(v)
		case 4:
			b.StorageClass = StorageClass(v)
		case 5:
			b.Redundancy = Redundancy(v)
		case 6:
			b.Created = time.Unix(0, int64(u)).UTC()
		}
		return nil
	})
	if err != nil {
		return Bucket{}, fmt.Errorf("objectstore: row of bucket %q: %w", name, err)
	}
	return b, nil
}

func encodeObject(o Object) []byte {
	row := make([]byte, 0, 256)
	row = appendUint(row, 1, uint64(o.Size))
	row = appendString(row, 2, o.ETag)
	row = protowire.AppendFixed64(protowire.AppendTag(row, 3, protowire.Fixed64Type), o.CRC64)
	row = appendUint(row, 4, uint64(o.LastModified.UnixNano()))
	row = appendString(row, 5, string(o.Type))
	row = appendString(row, 6, string(o.StorageClass))
	row = appendString(row, 7, string(o.ACL))
	row = appendHeaders(row, 8, o.Headers)
	row = appendHeaders(row, 9, o.Metadata)
	return appendString(row, 10, string(o.ref))
}

func decodeObject(key string, row []byte) (Object, error) {
	o := Object{Key: key}
	err := readFields(row, func(n protowire.Number, u uint64, v []byte) error {
		switch n {
		case 1:
			if u > math.MaxInt64 {
				return fmt.Errorf("size %d", u)
			}
			o.Size = int64(u)
		case 2:
			o.ETag = string(v)
		case 3:
			o.CRC64 = u
		case 4:
			o.LastModified = time.Unix(0, int64(u)).UTC()
		case 5:
			o.Type = ObjectType(v)
		case 6:
			o.StorageClass = StorageClass(v)
		case 7:
			o.ACL = ACL(v)
		case 8, 9:
			h, err := readHeader(v)
			if err != nil {
				return err
			}
			if n == 8 {
				o.Headers = append(o.Headers, h)
			} else {
				o.Metadata = append(o.Metadata, h)
			}
		case 10:
			o.ref = blob.Ref(v)
		}
		return nil
	})
	if err != nil {
		return Object{}, fmt.Errorf("objectstore: row of object %q: %w", key, err)
	}
	return o, nil
}
