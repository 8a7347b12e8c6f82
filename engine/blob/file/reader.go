package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"ossd/engine/blob"
)

// sendfileMin is from how many bytes on the kernel may copy them to a socket
// by itself. Below it one read and one write are as cheap.
const sendfileMin = 64 << 10

// Open implements blob.Store. A file that is shorter than the range, because
// it was truncated, gives io.ErrUnexpectedEOF.
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
	if length > 0 && length < sendfileMin {
		return openSmall(path, offset, length)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if length == -1 {
		length = max(0, info.Size()-offset)
	}
	if offset > info.Size() || length > info.Size()-offset {
		f.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return &reader{file: f, offset: offset, left: length}, nil
}

// reader is a blob.Reader. The file is its own, and so is the file's position,
// which sendfile moves.
type reader struct {
	file   *os.File
	offset int64
	left   int64
}

func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.file.ReadAt(p, r.offset)
	r.offset += int64(n)
	r.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // left says that there was more
	}
	return n, err
}

// WriteTo writes what is left: little in one write, so that a response's head
// and body can share a packet; much by the writer's ReadFrom, if it has one,
// which for a plain TCP connection is sendfile.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	if r.left == 0 {
		return 0, nil
	}
	buf := buffers.Get().(*[sendfileMin]byte)
	defer buffers.Put(buf)
	if r.left < sendfileMin {
		return r.writeOnce(w, buf[:r.left])
	}
	if _, err := r.file.Seek(r.offset, io.SeekStart); err != nil {
		return 0, err
	}
	// net recognises exactly this: an *os.File behind an *io.LimitedReader.
	n, err := io.CopyBuffer(w, &io.LimitedReader{R: r.file, N: r.left}, buf[:])
	r.offset += n
	r.left -= n
	if err == nil && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *reader) writeOnce(w io.Writer, p []byte) (int64, error) {
	n, err := io.ReadFull(r, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, err
	}
	n, err = w.Write(p)
	return int64(n), err
}

func (r *reader) Close() error { return r.file.Close() }

// buffers are never sent to two callers at once, but hold old bytes: whoever
// takes one writes before it reads.
var buffers = sync.Pool{New: func() any { return new([sendfileMin]byte) }}
