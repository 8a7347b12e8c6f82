package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"ossd/engine/blob"
)

const (
	segmentMagic  = "ossdseg1"
	segmentHeader = 64
	recordHeader  = 40
	alignment     = 8
	frame         = 64 << 10
	frames        = 4
	version       = 1

	// MaxLimit is the longest blob that a record can hold, in bytes.
	MaxLimit = frame * frames
)

// The states of a record. They differ in more than one bit.
const (
	live uint32 = 0x0553a11e
	dead uint32 = 0x0553dead
)

// The kinds of a record.
const (
	kindBlob byte = 1
	kindGap  byte = 2 // what dead neighbours were joined into; its length may be that of a segment
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// place is where a record lies.
type place struct {
	segment uint64
	offset  int64
	length  int64 // of the data
}

// span is how many bytes a record of so much data takes.
func span(length int64) int64 {
	return (recordHeader + length + alignment - 1) &^ (alignment - 1)
}

// ref is the reference to a record: "s", then segment, offset and length in
// hexadecimal digits of fixed numbers.
func (p place) ref() blob.Ref {
	return blob.Ref(fmt.Sprintf("s%016x%08x%06x", p.segment, p.offset, p.length))
}

const refLength = 1 + 16 + 8 + 6

// parseRef accepts what ref returns and nothing else.
func parseRef(ref blob.Ref) (p place, ok bool) {
	if len(ref) != refLength || ref[0] != 's' {
		return p, false
	}
	digits := func(from, to int) uint64 {
		n, err := strconv.ParseUint(string(ref[from:to]), 16, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	p = place{segment: digits(1, 17), offset: int64(digits(17, 25)), length: int64(digits(25, 31))}
	return p, ok && p.ref() == ref && p.offset >= segmentHeader && p.offset%alignment == 0 && p.length <= MaxLimit
}

// header describes a record.
type header struct {
	state   uint32
	kind    byte
	written time.Time
	length  int64
	sums    [frames]uint32
}

// seal writes the header of a blob into the space before its data.
func seal(record []byte, segment uint64, offset int64, now time.Time) {
	data := record[recordHeader:]
	h := header{state: live, kind: kindBlob, written: now, length: int64(len(data))}
	for i := range h.sums {
		h.sums[i] = crc32.Checksum(frameOf(data, i), castagnoli)
	}
	h.put(record, segment, offset)
}

// frameOf is the i-th 64 KiB of the data.
func frameOf(data []byte, i int) []byte {
	from := min(i*frame, len(data))
	return data[from:min(from+frame, len(data))]
}

func (h *header) put(b []byte, segment uint64, offset int64) {
	binary.BigEndian.PutUint32(b, h.state)
	b[4], b[5], b[6], b[7] = version, h.kind, 0, 0
	binary.BigEndian.PutUint64(b[8:], uint64(h.written.UnixNano()))
	binary.BigEndian.PutUint32(b[16:], uint32(h.length))
	for i, sum := range h.sums {
		binary.BigEndian.PutUint32(b[20+4*i:], sum)
	}
	binary.BigEndian.PutUint32(b[36:], headerSum(b, segment, offset))
}

// headerSum covers all of a header but its state, and where it lies.
func headerSum(b []byte, segment uint64, offset int64) uint32 {
	var where [16]byte
	binary.BigEndian.PutUint64(where[:], segment)
	binary.BigEndian.PutUint64(where[8:], uint64(offset))
	return crc32.Update(crc32.Checksum(b[4:36], castagnoli), castagnoli, where[:])
}

// readHeader returns false for what is no record at that place.
func readHeader(b []byte, segment uint64, offset int64) (h header, ok bool) {
	h.state, h.kind = binary.BigEndian.Uint32(b), b[5]
	if h.state != live && h.state != dead || b[4] != version || h.kind != kindBlob && h.kind != kindGap ||
		binary.BigEndian.Uint32(b[36:]) != headerSum(b, segment, offset) {
		return h, false
	}
	h.written = time.Unix(0, int64(binary.BigEndian.Uint64(b[8:])))
	h.length = int64(binary.BigEndian.Uint32(b[16:]))
	for i := range h.sums {
		h.sums[i] = binary.BigEndian.Uint32(b[20+4*i:])
	}
	return h, true
}
