package objectstore

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// fill sets every field of a struct to something that is not its zero value,
// but for the names that are given.
func fill(t *testing.T, v reflect.Value, but ...string) {
	t.Helper()
	n := 0
	for i := range v.NumField() {
		if f := v.Type().Field(i); !slices.Contains(but, f.Name) && f.IsExported() {
			n++
			fillField(t, v.Field(i), n)
		}
	}
}

func fillField(t *testing.T, v reflect.Value, n int) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1700000000, int64(n)).UTC()))
		return
	case []Header:
		v.Set(reflect.ValueOf([]Header{{"a", "\xff\x00"}, {"", ""}, {"b" + string(rune('0'+n)), "1"}}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + string(rune('0'+n)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(math.MaxInt32 + int64(n))
	case reflect.Uint64:
		v.SetUint(math.MaxUint64 - uint64(n))
	case reflect.Struct:
		fill(t, v)
	default:
		t.Fatalf("a field of type %s: say here how it is filled", v.Type())
	}
}

// What is written is read again, whole: every field, also those that will be added.
func TestEncodeRoundTrip(t *testing.T) {
	b := Bucket{Name: "demo"}
	fill(t, reflect.ValueOf(&b).Elem(), "Name")
	if got, err := decodeBucket("demo", encodeBucket(b)); err != nil || got != b {
		t.Errorf("bucket %+v, %v; want %+v", got, err, b)
	}
	o := Object{Key: "k", sum: "\xffsum", sequence: math.MaxUint64, content: content{ref: "ref", id: "id"}}
	fill(t, reflect.ValueOf(&o).Elem(), "Key")
	if got, err := decodeObject("k", encodeObject(&o)); err != nil || !reflect.DeepEqual(got, o) {
		t.Errorf("object %+v, %v; want %+v", got, err, o)
	}
	id := uploadID{1, 2}
	u := Upload{Key: "k", ID: id.String()}
	fill(t, reflect.ValueOf(&u).Elem(), "Key", "ID")
	u.ACL = "" // which is said when the upload is completed
	if got, err := decodeUpload("k", id, encodeUpload(&u)); err != nil || !reflect.DeepEqual(got, u) {
		t.Errorf("upload %+v, %v; want %+v", got, err, u)
	}
	p := Part{Number: 7, ref: "ref", digest: []byte("\x00digest")}
	fill(t, reflect.ValueOf(&p).Elem(), "Number")
	if got, err := decodePart(7, encodePart(&p)); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("part %+v, %v; want %+v", got, err, p)
	}
	x := []extent{{"a", 0}, {"b", math.MaxInt64}, {"", 1}}
	if got, err := decodeExtents(encodeExtents(x)); err != nil || !reflect.DeepEqual(got, x) {
		t.Errorf("extents %+v, %v; want %+v", got, err, x)
	}
}

// Empty structs come back as such, and what a later program adds is skipped.
func TestDecodeUnknownFields(t *testing.T) {
	later := protowire.AppendString(protowire.AppendTag(nil, 100, protowire.BytesType), "new")
	later = protowire.AppendFixed32(protowire.AppendTag(later, 101, protowire.Fixed32Type), 1)
	later = appendUint(later, 102, 5)
	if got, err := decodeObject("k", append(encodeObject(&Object{}), later...)); err != nil || !reflect.DeepEqual(got, Object{Key: "k"}) {
		t.Errorf("object %+v, %v", got, err)
	}
	if got, err := decodeBucket("b", later); err != nil || got != (Bucket{Name: "b"}) {
		t.Errorf("bucket %+v, %v", got, err)
	}
	if got, err := decodeUpload("k", uploadID{}, later); err != nil || !reflect.DeepEqual(got, Upload{Key: "k", ID: uploadID{}.String()}) {
		t.Errorf("upload %+v, %v", got, err)
	}
	if got, err := decodePart(1, later); err != nil || !reflect.DeepEqual(got, Part{Number: 1}) {
		t.Errorf("part %+v, %v", got, err)
	}
	if got, err := decodeExtents(later); err != nil || got != nil {
		t.Errorf("extents %+v, %v", got, err)
	}
}

// A damaged row is an error, and no size is negative.
func TestDecodeMalformed(t *testing.T) {
	size := protowire.AppendVarint(nil, math.MaxUint64)
	for name, row := range map[string][]byte{
		"cut off":        encodeObject(&Object{ETag: "0123456789"})[:5],
		"no tag":         {0xff},
		"field 0":        {0x00, 0x00},
		"negative size":  append(protowire.AppendTag(nil, 1, protowire.VarintType), size...),
		"end of a group": protowire.AppendTag(nil, 1, protowire.EndGroupType),
	} {
		if o, err := decodeObject("k", row); err == nil {
			t.Errorf("%s: object %+v", name, o)
		}
		if p, err := decodePart(1, row); err == nil {
			t.Errorf("%s: part %+v", name, p)
		}
	}
	header := protowire.AppendBytes(protowire.AppendTag(nil, 8, protowire.BytesType), []byte{5, 'x'})
	if o, err := decodeObject("k", header); err == nil {
		t.Errorf("a header without its name: %+v", o)
	}
	for _, v := range [][]byte{nil, {0x80}, size} {
		row := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), v)
		if x, err := decodeExtents(row); err == nil {
			t.Errorf("extent %x: %+v", v, x)
		}
	}
}

// The fuzz targets decode what may be no row. What is read is written as a row
// that reads the same.

func FuzzDecodeBucket(f *testing.F) {
	fuzzRows(f, encodeBucket(Bucket{ID: "1", Owner: "2", Created: time.Unix(5, 6), Versioning: Enabled}), func(row []byte) ([]byte, error) {
		b, err := decodeBucket("demo", row)
		return encodeBucket(b), err
	})
}

func FuzzDecodeObject(f *testing.F) {
	seed := Object{Size: 5, ETag: "e", Headers: []Header{{"a", "b"}}, Tags: []Header{{"", ""}}, DeleteMarker: true, sequence: 9, content: content{ref: "r"}}
	fuzzRows(f, encodeObject(&seed), func(row []byte) ([]byte, error) {
		o, err := decodeObject("k", row)
		return encodeObject(&o), err
	})
}

func FuzzDecodeUpload(f *testing.F) {
	fuzzRows(f, encodeUpload(&Upload{Initiated: time.Unix(5, 6), Sequential: true}), func(row []byte) ([]byte, error) {
		u, err := decodeUpload("k", uploadID{}, row)
		return encodeUpload(&u), err
	})
}

func FuzzDecodePart(f *testing.F) {
	fuzzRows(f, encodePart(&Part{Size: 5, ETag: "e", ref: "r", digest: []byte("d")}), func(row []byte) ([]byte, error) {
		p, err := decodePart(1, row)
		return encodePart(&p), err
	})
}

func fuzzRows(f *testing.F, seed []byte, again func([]byte) ([]byte, error)) {
	f.Add(seed)
	f.Fuzz(func(t *testing.T, row []byte) {
		once, err := again(row)
		if err != nil {
			return
		}
		if twice, err := again(once); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%x is written as %x and then as %x, %v", row, once, twice, err)
		}
	})
}

// FuzzDecodeExtents also reads a content at some offset of a damaged row.
func FuzzDecodeExtents(f *testing.F) {
	f.Add(encodeExtents([]extent{{"a", 5}, {"b", 1 << 40}}), int64(7), int64(1<<40))
	f.Fuzz(func(t *testing.T, row []byte, at, end int64) {
		all, err := decodeExtents(row)
		if err != nil {
			return
		}
		if again, err := decodeExtents(encodeExtents(all)); err != nil || !reflect.DeepEqual(again, all) {
			t.Errorf("%+v comes back as %+v, %v", all, again, err)
		}
		x := extents{at: at, end: end}
		if rest := x.seek(all, end); len(rest) > len(all) {
			t.Errorf("seeking makes %d extents of %d", len(rest), len(all))
		}
	})
}

// FuzzSplitKeys takes the keys of rows apart.
func FuzzSplitKeys(f *testing.F) {
	f.Add([]byte("a\x00\xffb\x00" + "01234567890123456789"))
	f.Fuzz(func(t *testing.T, name []byte) {
		if key, rest, err := splitEscaped(name, decimalLength); err == nil {
			if len(rest) != decimalLength || len(key) >= len(name) {
				t.Errorf("%q is split into %q and %q", name, key, rest)
			}
			_, _ = readDecimal(rest)
		}
		if _, suffix, err := splitEscaped(name, suffixLength); err == nil {
			_, _ = readUploadID(suffix)
		}
		_, _, _ = splitGarbageKey(name)
	})
}
