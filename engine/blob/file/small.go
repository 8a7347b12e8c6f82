package file

import (
	"errors"
	"io"
	"syscall"

	"ossd/engine/blob"
)

// small is a blob.Reader of a range that was read when it was opened: for a few
// kilobytes the three system calls of opening, reading and closing are all that
// there is to pay, and an os.File would double them.
type small struct {
	buf  *[sendfileMin]byte // nil once closed
	left []byte             // of buf
}

func openSmall(path string, offset, length int64) (blob.Reader, error) {
	fd, err := retry(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if errors.Is(err, syscall.ENOENT) {
		return nil, blob.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd) // of a file that was only read: nothing can be lost
	buf := buffers.Get().(*[sendfileMin]byte)
	if err := readFull(fd, buf[:length], offset); err != nil {
		buffers.Put(buf)
		return nil, err
	}
	return &small{buf: buf, left: buf[:length]}, nil
}

func readFull(fd int, p []byte, offset int64) error {
	for len(p) > 0 {
		n, err := retry(func() (int, error) { return syscall.Pread(fd, p, offset) })
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		p = p[n:]
		offset += int64(n)
	}
	return nil
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func (r *small) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// WriteTo writes what is left in one piece, so that a response's head and body
// can share a packet.
func (r *small) WriteTo(w io.Writer) (int64, error) {
	if len(r.left) == 0 {
		return 0, nil
	}
	n, err := w.Write(r.left)
	r.left = r.left[n:]
	return int64(n), err
}

func (r *small) Close() error {
	if r.buf != nil {
		buffers.Put(r.buf)
		r.buf, r.left = nil, nil
	}
	return nil
}
