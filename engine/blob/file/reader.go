package file

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"

	"ossd/engine/blob"
	"ossd/internal/disk"
)

// window is how many bytes a reader checks, and then yields, at a time: what was
// checked is what is sent, and so the kernel does not copy from the file to the
// socket by itself (sendfile). Larger windows were not faster.
const window = 2 * frame

// Open implements blob.Store. A file that was cut off gives ErrCorrupt if it is
// noticed, which it always is where there are checksums, else io.ErrUnexpectedEOF.
func (s *Store) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if offset < 0 || length < -1 {
		return nil, fmt.Errorf("blob/file: invalid range %d, %d", offset, length)
	}
	path, ok := s.path(ref)
	if !ok {
		return nil, blob.ErrNotFound
	}
	f, err := s.disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", blob.ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	r, err := newReader(f, ref, offset, length)
	if err != nil {
		f.Close() // nothing that was only read can be lost
		return nil, err
	}
	return r, nil
}

// reader is a blob.Reader.
type reader struct {
	file    disk.File
	ref     blob.Ref
	checked bool  // there are checksums
	size    int64 // of the blob
	at, end int64 // what is left to read

	buf  *[window]byte // nil before the first read, and once closed
	have []byte        // of buf: what has been checked, from at on

	sums     []byte // of some frames, from firstSum on
	firstSum int64
}

func newReader(f disk.File, ref blob.Ref, offset, length int64) (*reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := &reader{file: f, ref: ref, checked: hasSums(ref), size: info.Size(), at: offset}
	if r.checked {
		ok := false
		if r.size, ok = blobLength(info.Size()); !ok {
			return nil, r.corrupt("has the size of no blob")
		}
	}
	if length == -1 {
		length = max(0, r.size-offset)
	}
	if offset > r.size || length > r.size-offset {
		return nil, r.tooShort()
	}
	r.end = offset + length
	if r.checked && r.size == 0 { // there is nothing to read that would be checked
		return r, r.check(0, nil)
	}
	return r, nil
}

func (r *reader) corrupt(how string) error {
	return fmt.Errorf("%w: %s %s", blob.ErrCorrupt, r.file.Name(), how)
}

// tooShort tells a range that never was within the blob from one that no longer
// is: the checksums of what was cut off are not those of what is there.
func (r *reader) tooShort() error {
	if r.checked {
		last := (framesOf(r.size) - 1) * frame
		b := make([]byte, r.size-last)
		if err := r.readAt(b, last); err != nil {
			return err
		}
		if err := r.check(last/frame, b); err != nil {
			return err
		}
	}
	return io.ErrUnexpectedEOF
}

// readAt reads what the file must have.
func (r *reader) readAt(p []byte, offset int64) error {
	if len(p) == 0 {
		return nil
	}
	_, err := r.file.ReadAt(p, offset)
	if err == io.EOF && r.checked {
		return r.corrupt("was cut off")
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill reads and checks what comes next, or returns io.EOF.
func (r *reader) fill() error {
	if len(r.have) > 0 {
		return nil
	}
	if r.at == r.end {
		return io.EOF
	}
	if r.buf == nil {
		r.buf = windows.Get().(*[window]byte)
	}
	from := r.at / frame * frame
	to := min(r.size, from+window, (r.end+frame-1)/frame*frame)
	b := r.buf[:to-from]
	if err := r.readAt(b, from); err != nil {
		return err
	}
	if r.checked {
		if err := r.check(from/frame, b); err != nil {
			return err
		}
	}
	r.have = b[r.at-from : min(to, r.end)-from]
	return nil
}

// check compares frames, of which the first has a number, with their checksums.
func (r *reader) check(number int64, b []byte) error {
	for {
		want, err := r.sum(number)
		if err != nil {
			return err
		}
		n := min(frame, len(b))
		if sumOf(crc32.Checksum(b[:n], castagnoli), r.ref, number) != want {
			return r.corrupt(fmt.Sprintf("is damaged between %d and %d", number*frame, number*frame+int64(n)))
		}
		number++
		if b = b[n:]; len(b) == 0 {
			return nil
		}
	}
}

// knownSums is for how many frames checksums are read at a time.
const knownSums = 256

// sum is the checksum of the frame of a number. They are asked for in their order.
func (r *reader) sum(number int64) (uint32, error) {
	if at := number - r.firstSum; at < 0 || at*sumSize >= int64(len(r.sums)) {
		last := max(number, (r.end-1)/frame)
		r.sums = make([]byte, sumSize*min(knownSums, last-number+1))
		r.firstSum = number
		if err := r.readAt(r.sums, r.size+sumSize*number); err != nil {
			return 0, err
		}
	}
	return binary.BigEndian.Uint32(r.sums[(number-r.firstSum)*sumSize:]), nil
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.have)
	r.pass(n)
	return n, nil
}

// WriteTo writes a window at a time, so that a response's head and a short body
// can share a packet.
func (r *reader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if err := r.fill(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
		n, err := w.Write(r.have)
		r.pass(n)
		if total += int64(n); err != nil {
			return total, err
		}
	}
}

func (r *reader) pass(n int) { r.at, r.have = r.at+int64(n), r.have[n:] }

func (r *reader) Close() error {
	if r.buf != nil {
		windows.Put(r.buf)
		r.buf, r.have = nil, nil
	}
	r.end = r.at
	return r.file.Close()
}

// windows are never lent to two readers at once, but hold old bytes: a reader
// fills one before it yields from it.
var windows = sync.Pool{New: func() any { return new([window]byte) }}
