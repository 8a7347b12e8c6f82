package oss

import (
	"io"
	"net/http"
	"time"
)

// stallTimeout bounds the wait for the next bytes of a body.
const stallTimeout = 60 * time.Second

// bodyReader reads a request's body, counts it, and gives up on a client that stalls.
type bodyReader struct {
	r       io.Reader
	control *http.ResponseController
	read    int64
}

func (b *bodyReader) Read(p []byte) (int, error) {
	// A writer that cannot set deadlines (a test's recorder) never stalls either.
	_ = b.control.SetReadDeadline(time.Now().Add(stallTimeout))
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
}
