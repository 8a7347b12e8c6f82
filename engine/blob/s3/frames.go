package s3

import (
	"encoding/binary"
	"hash/crc32"

	"ossd/engine/blob"
)

const (
	frame       = 64 << 10 // bytes of a blob that share a checksum
	sumSize     = 4
	storedFrame = frame + sumSize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// framesOf is how many frames a blob of a length has.
func framesOf(length int64) int64 { return max(1, (length+frame-1)/frame) }

// storedSize is how large the object of a blob is.
func storedSize(length int64) int64 { return length + sumSize*framesOf(length) }

// blobLength is how long the blob in an object is, and false if no blob makes an
// object of that size.
func blobLength(size int64) (length int64, ok bool) {
	length = size - sumSize*((size+storedFrame-1)/storedFrame)
	return length, length >= 0 && storedSize(length) == size
}

// sumOf is the checksum of a frame, of which crc is that of the bytes alone.
func sumOf(crc uint32, ref blob.Ref, number int64, last bool) uint32 {
	var where [9]byte
	binary.BigEndian.PutUint64(where[:], uint64(number))
	if last {
		where[8] = 1
	}
	return crc32.Update(crc32.Update(crc, castagnoli, []byte(ref)), castagnoli, where[:])
}

// framer makes frames out of a blob's bytes.
type framer struct {
	ref    blob.Ref
	b      []byte // frames that are to be sent, the last of them perhaps without its checksum
	number int64  // of that one
	n      int    // its bytes
	crc    uint32 // of them
}

// add takes bytes into the current frame, at most as many as it has room for.
func (f *framer) add(p []byte) (taken int) {
	p = p[:min(len(p), frame-f.n)]
	f.b = append(f.b, p...)
	f.crc = crc32.Update(f.crc, castagnoli, p)
	f.n += len(p)
	return len(p)
}

// end writes the current frame's checksum. Only who has more bytes, or none any
// more, knows whether it is the last.
func (f *framer) end(last bool) {
	f.b = binary.BigEndian.AppendUint32(f.b, sumOf(f.crc, f.ref, f.number, last))
	f.number, f.n, f.crc = f.number+1, 0, 0
}

// open takes the checksum off a stored frame, and returns false if it is not the
// frame's.
func open(stored []byte, ref blob.Ref, number int64, last bool) ([]byte, bool) {
	data, sum := stored[:len(stored)-sumSize], stored[len(stored)-sumSize:]
	return data, binary.BigEndian.Uint32(sum) == sumOf(crc32.Checksum(data, castagnoli), ref, number, last)
}
