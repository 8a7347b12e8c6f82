package oss

import (
	"bytes"
	"crypto/md5"
	"hash"
	"io"
	"net/http"
	"time"
)

// stallTimeout bounds the wait for the next bytes of a body, or of an answer to be taken.
const stallTimeout = 60 * time.Second

// minimumRate bounds how slowly a body may come, in bytes a second on average:
// who sends a byte now and then would keep a permission alive for ever.
const minimumRate = 1 << 10

// bodyReader reads a request's body, counts it, and gives up on a client that
// stalls or crawls.
type bodyReader struct {
	r       io.Reader
	control *http.ResponseController
	begun   time.Time
	read    int64
}

func (b *bodyReader) Read(p []byte) (int, error) {
	now := time.Now()
	if b.begun.IsZero() {
		b.begun = now
	}
	deadline := now.Add(stallTimeout)
	if slowest := b.begun.Add(2*stallTimeout + time.Duration(b.read/minimumRate)*time.Second); slowest.Before(deadline) {
		deadline = slowest
	}
	// A writer that cannot set deadlines (a test's recorder) never stalls either.
	_ = b.control.SetReadDeadline(deadline)
	n, err := b.r.Read(p)
	b.read += int64(n)
	if err == io.EOF {
		// What the operation still does may take its time. After any other end
		// the deadline must stand: net/http itself reads what is left of a body.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// digestReader fails at the end of a document that is not what Content-MD5 announced.
type digestReader struct {
	r    io.Reader
	sum  hash.Hash
	want []byte
}

// checkDigest wraps the body of a request that announces its MD5.
func checkDigest(body io.Reader, h http.Header) (io.Reader, error) {
	want, err := contentMD5(h.Get("Content-MD5"))
	if err != nil || want == nil {
		return body, err
	}
	return &digestReader{r: body, sum: md5.New(), want: want}, nil
}

func (d *digestReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.sum.Write(p[:n])
	if err == io.EOF && !bytes.Equal(d.sum.Sum(nil), d.want) {
		err = errInvalidDigest
	}
	return n, err
}
