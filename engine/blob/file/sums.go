package file

import (
	"encoding/binary"
	"hash/crc32"

	"ossd/engine/blob"
)

const (
	frame   = 64 << 10 // bytes that share a checksum
	sumSize = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// framesOf is how many checksums a blob of a length has.
func framesOf(length int64) int64 { return max(1, (length+frame-1)/frame) }

// storedSize is how long the file of a blob is.
func storedSize(length int64) int64 { return length + sumSize*framesOf(length) }

// blobLength is how long the blob in a file is, and false if no blob makes a
// file of that size.
func blobLength(size int64) (length int64, ok bool) {
	n := (size + frame + sumSize - 1) / (frame + sumSize)
	length = size - sumSize*n
	return length, length >= 0 && storedSize(length) == size
}

// sumOf is the checksum of the frame of a number, of which crc is that of the bytes alone.
func sumOf(crc uint32, ref blob.Ref, number int64) uint32 {
	var where [8]byte
	binary.BigEndian.PutUint64(where[:], uint64(number))
	return crc32.Update(crc32.Update(crc, castagnoli, []byte(ref)), castagnoli, where[:])
}

// sums are those of a blob that is being written: four bytes for each 64 KiB.
type sums struct {
	ref  blob.Ref
	done []byte // of the frames that are whole
	crc  uint32 // of the one that is not
	n    int    // how many bytes of it there have been
}

func (s *sums) add(p []byte) {
	for len(p) > 0 {
		m := min(len(p), frame-s.n)
		s.crc, s.n, p = crc32.Update(s.crc, castagnoli, p[:m]), s.n+m, p[m:]
		if s.n == frame {
			s.end()
		}
	}
}

func (s *sums) end() {
	number := int64(len(s.done) / sumSize)
	s.done = binary.BigEndian.AppendUint32(s.done, sumOf(s.crc, s.ref, number))
	s.crc, s.n = 0, 0
}

// all ends the last frame, and returns what belongs behind the blob.
func (s *sums) all() []byte {
	if s.n > 0 || len(s.done) == 0 {
		s.end()
	}
	return s.done
}
