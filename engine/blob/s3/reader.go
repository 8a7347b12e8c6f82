package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"ossd/engine/blob"
)

// mostResumes is how often one frame is asked for again.
const mostResumes = 3

// Open implements blob.Store, in one request if the range lies in the blob.
func (s *Store) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if offset < 0 || length < -1 {
		return nil, fmt.Errorf("blob/s3: invalid range %d, %d", offset, length)
	}
	name, ok := s.name(ref)
	if !ok {
		return nil, blob.ErrNotFound
	}
	r := &reader{store: s, ctx: ctx, ref: ref, name: name, at: offset, end: math.MaxInt64, number: offset / frame}
	if length >= 0 && offset+length >= 0 {
		r.end = offset + length
	}
	if err := r.open(length); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// reader is a blob.Reader.
type reader struct {
	store *Store
	ctx   context.Context
	ref   blob.Ref
	name  string

	size    int64 // of the blob
	at, end int64 // what is left to read

	body   io.ReadCloser // nil if there is none now
	etag   string        // of the object; "" before it is known
	stored int64         // its size
	number int64         // of the frame that comes next in body
	fails  int           // to read that frame

	buf  *[storedFrame]byte // nil before the first read, and once closed
	have []byte             // of buf: what has been checked, from at on
}

// open begins to read. What lies behind the end is asked for as well as the rest,
// since how long the blob is comes with the answer.
func (r *reader) open(length int64) error {
	err := r.get()
	if errors.Is(err, errNoRange) {
		// Nothing is there: perhaps the range is empty, perhaps the object was cut off.
		// The last frame knows.
		size, err := r.store.Size(r.ctx, r.ref)
		if err != nil {
			return err
		}
		r.number = framesOf(size) - 1
		if err := r.get(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if length == -1 {
		r.end = max(r.at, r.size)
	}
	switch {
	case r.at > r.size, r.end > r.size:
		return r.tooShort()
	case r.at == r.end: // there is nothing to read that would be checked
		return r.checkLast()
	}
	return nil
}

// get asks for the frames from the next one on.
func (r *reader) get() error {
	opts := minio.GetObjectOptions{}
	if asked := r.rangeHeader(); asked != "" {
		opts.Set("Range", asked)
	}
	if r.etag != "" {
		if err := opts.SetMatchETag(r.etag); err != nil {
			return err
		}
	}
	return r.store.try(r.ctx, "read", r.name, func(ctx context.Context) error {
		body, info, header, err := r.store.core.GetObject(ctx, r.store.config.Bucket, r.name, opts)
		if err != nil {
			return err
		}
		r.stored, err = storedIn(header.Get("Content-Range"), info.Size, r.number)
		if err != nil {
			body.Close()
			return err
		}
		r.body, r.etag = body, info.ETag
		ok := false
		if r.size, ok = blobLength(r.stored); !ok {
			return corrupt(r.name, "has the size of no blob")
		}
		return nil
	})
}

// mostStored bounds what is computed with; no object is as large.
const mostStored = 1 << 53

// rangeHeader asks for whole frames, "" for all.
func (r *reader) rangeHeader() string {
	from := min(r.number, mostStored/storedFrame) * storedFrame
	to := min(framesOf(min(r.end, mostStored)), mostStored/storedFrame) * storedFrame
	switch {
	case to >= mostStored-storedFrame && from == 0:
		return ""
	case to >= mostStored-storedFrame:
		return fmt.Sprintf("bytes=%d-", from)
	}
	return fmt.Sprintf("bytes=%d-%d", from, max(from+storedFrame, to)-1)
}

// storedIn is how large an object is of which an answer holds a range or all.
func storedIn(contentRange string, length, number int64) (int64, error) {
	if contentRange == "" {
		if number != 0 || length < 0 {
			return 0, errors.New("the store answers with no range, and no length")
		}
		return length, nil
	}
	where, total, _ := strings.Cut(contentRange, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil || !strings.HasPrefix(where, fmt.Sprintf("bytes %d-", number*storedFrame)) {
		return 0, fmt.Errorf("the store answers with another range than was asked for")
	}
	return size, nil
}

// tooShort tells a range that never was within the blob from one that no longer
// is: the last frame of what was cut off does not say that it is the last.
func (r *reader) tooShort() error {
	if err := r.checkLast(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// checkLast tells whether the last frame is that of a whole blob. There is nothing
// to read then.
func (r *reader) checkLast() error {
	r.at, r.end = r.size, r.size
	if last := framesOf(r.size) - 1; r.number != last {
		r.drop()
		r.number = last
		if err := r.get(); err != nil {
			return err
		}
	}
	_, err := r.next()
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
	from := r.number * frame
	data, err := r.next()
	if err != nil {
		return err
	}
	r.have = data[r.at-from : min(int64(len(data)), r.end-from)]
	return nil
}

// next returns the bytes of the next frame. It asks again if the connection is
// cut, and once more before it says that they are damaged.
func (r *reader) next() ([]byte, error) {
	for {
		data, err := r.frame()
		if err == nil {
			r.number, r.fails = r.number+1, 0
			return data, nil
		}
		r.drop()
		damaged := errors.Is(err, blob.ErrCorrupt)
		if r.fails++; r.fails > mostResumes || r.ctx.Err() != nil || damaged && r.fails > 1 {
			return nil, judge(r.ctx, "read", r.name, err)
		}
		r.store.metrics.retries.WithLabelValues("read on").Inc()
		if err := r.get(); err != nil {
			return nil, err
		}
	}
}

func (r *reader) frame() ([]byte, error) {
	if r.buf == nil {
		r.buf = frameBuffers.Get().(*[storedFrame]byte)
	}
	last := r.number == framesOf(r.size)-1
	b := r.buf[:min(storedFrame, r.stored-r.number*storedFrame)]
	if _, err := io.ReadFull(r.body, b); err != nil {
		return nil, fmt.Errorf("the answer was cut off: %w", err)
	}
	data, ok := open(b, r.ref, r.number, last)
	if !ok {
		return nil, corrupt(r.name, fmt.Sprintf("is damaged between %d and %d", r.number*frame, r.number*frame+int64(len(data))))
	}
	return data, nil
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.have)
	r.pass(n)
	return n, nil
}

// WriteTo writes a frame at a time.
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

// drop ends the connection, if not all was read from it.
func (r *reader) drop() {
	if r.body != nil {
		r.body.Close() // nothing that was only read can be lost
		r.body = nil
	}
}

func (r *reader) Close() error {
	r.drop()
	if r.buf != nil {
		frameBuffers.Put(r.buf)
		r.buf, r.have = nil, nil
	}
	r.end = r.at
	return nil
}

// frameBuffers are never lent to two readers at once, but hold old bytes: a reader
// fills one before it yields from it.
var frameBuffers = sync.Pool{New: func() any { return new([storedFrame]byte) }}
