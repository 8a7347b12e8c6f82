package objectstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ossd/engine/blob"
)

// Rows by the first byte of their keys. Bucket names contain no zero byte, so
// what lies below one bucket cannot be taken for another's.
//
//	B bucket 0                     a bucket
//	B bucket 0 o key               the current version of a key, unless that is a delete marker
//	B bucket 0 v key' 0 sequence   another version of it, the newest first
//	B bucket 0 n key               the sequence of the null version, if it is one of those
//	B bucket 0 u key' 0 upload     a multipart upload that is under way
//	B bucket 0 p upload number     a part of it
//	B bucket 0 c policy            its policy
//	O account 0 bucket             an account owns a bucket
//	P account                      no bucket of the account is open to the world
//	E content end ref              a run of the blobs that make up a content, by the offset of its end
//	R ref                          a blob is in use; the value is the row of the key it was written for
//	G time ref                     a blob may be deleted after time (big-endian Unix nanoseconds)
//	H time content                 likewise a content of several blobs
//	S                              how far scrubbing has come
//	W                              when orphans were last searched for
//	D content                      scrubbing has found the content (a ref or several blobs' id) damaged
//
// The first bytes A and N belong to package access, L to engine/meta/lease, M to migrate, I to server.
//
// In the range of current versions the object key stands last and as it is, so
// that the order of bytes is that of listings. Where something follows it, the
// key is escaped (key') so that this order stays.

func bucketKey(bucket string) []byte { return []byte("B" + bucket + "\x00") }

// below is the range of the rows of one kind below a bucket.
func below(bucket string, kind byte) []byte { return append(bucketKey(bucket), kind) }

func objectRange(bucket string) []byte { return below(bucket, 'o') }

func objectKey(bucket, key string) []byte { return append(objectRange(bucket), key...) }

func versionRange(bucket string) []byte { return below(bucket, 'v') }

// versionsOf is what the rows of the other versions of one key begin with. So
// do those of the keys that continue it with a zero byte: behindVersions is
// where the key's own end.
func versionsOf(bucket, key string) []byte {
	return append(append(versionRange(bucket), escapeKey(key)...), 0)
}

func behindVersions(bucket, key string) []byte {
	return append(append(versionRange(bucket), escapeKey(key)...), behindAll...)
}

func versionKey(bucket, key string, sequence uint64) []byte {
	return appendDecimal(versionsOf(bucket, key), ^sequence)
}

func nullKey(bucket, key string) []byte { return append(below(bucket, 'n'), key...) }

func uploadRange(bucket string) []byte { return below(bucket, 'u') }

func uploadKey(bucket, key string, id uploadID) []byte {
	return append(append(uploadRange(bucket), escapeKey(key)...), id.suffix()...)
}

// partsOf is the range of an upload's parts.
func partsOf(bucket string, id uploadID) []byte { return append(below(bucket, 'p'), id.String()...) }

func partKey(bucket string, id uploadID, number int) []byte {
	return binary.BigEndian.AppendUint16(partsOf(bucket, id), uint16(number))
}

func policyKey(bucket string) []byte { return append(below(bucket, 'c'), "policy"...) }

func blockKey(account string) []byte { return []byte("P" + account) }

func ownedRange(account string) []byte { return []byte("O" + account + "\x00") }

func ownedKey(account, bucket string) []byte { return []byte("O" + account + "\x00" + bucket) }

func extentRange(content string) []byte { return []byte("E" + content) }

// extentKey ends with a reference, so that it is as fresh as its blob.
func extentKey(content string, end int64, ref blob.Ref) []byte {
	return append(binary.BigEndian.AppendUint64(extentRange(content), uint64(end)), ref...)
}

func referenceKey(ref blob.Ref) []byte { return []byte("R" + ref) }

const (
	garbageBlob    = 'G'
	garbageContent = 'H'
)

// garbageKey names a blob or a content that may be deleted when its time has come.
func garbageKey(kind byte, due time.Time, name string) []byte {
	k := binary.BigEndian.AppendUint64([]byte{kind}, uint64(due.UnixNano()))
	return append(k, name...)
}

func splitGarbageKey(key []byte) (due time.Time, name string, err error) {
	if len(key) < 10 || key[0] != garbageBlob && key[0] != garbageContent {
		return time.Time{}, "", fmt.Errorf("objectstore: malformed garbage row %q", key)
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[1:]))), string(key[9:]), nil
}

// escapeKey makes room for an end: a zero byte that ends a key sorts before all
// that may continue it, and the zero bytes of the key itself are followed by 0xff.
// It is a homomorphism: the escape of a prefix is a prefix of the escape.
func escapeKey(key string) string { return strings.ReplaceAll(key, "\x00", "\x00\xff") }

// splitEscaped takes apart what follows a range: an escaped key, a zero byte,
// and a suffix of known length.
func splitEscaped(name []byte, suffix int) (key string, rest []byte, err error) {
	cut := len(name) - suffix
	if cut < 1 || name[cut-1] != 0 {
		return "", nil, fmt.Errorf("objectstore: malformed row name %q", name)
	}
	return unescapeKey(name[:cut-1]), name[cut:], nil
}

func unescapeKey(escaped []byte) string {
	return string(bytes.ReplaceAll(escaped, []byte("\x00\xff"), []byte{0}))
}

// Numbers behind an escaped key are spelled with ten bytes that occur in no
// valid UTF-8 and are not 0xff: no delimiter can match in them.
const (
	digitZero     = 0xf5
	decimalLength = 20 // of a uint64
)

func appendDecimal(b []byte, n uint64) []byte {
	for _, c := range []byte(fmt.Sprintf("%020d", n)) {
		b = append(b, c-'0'+digitZero)
	}
	return b
}

func readDecimal(b []byte) (uint64, error) {
	text := make([]byte, len(b))
	for i, c := range b {
		text[i] = c - digitZero + '0'
	}
	return strconv.ParseUint(string(text), 10, 64)
}

// behindAll is greater than every suffix that begins with a decimal, and less
// than the continuation of any key.
const behindAll = "\x00\xfe"
