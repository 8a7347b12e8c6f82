package oss

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"ossd/objectstore"
	"ossd/protocol/wire"
)

// A response struct may say which status it has (default 200) and where its
// content comes from.
type (
	statused interface{ status() int }
	streamed interface {
		// open tells the length in bytes, -1 if it shows only in the end.
		open() (content objectstore.Content, length int64, err error)
	}
	verbatim interface{ raw() []byte }
)

// respond sends what an operation returned.
func (c *call) respond(out any) error {
	header := c.w.Header()
	body, err := wire.Encode(out, header)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if s, ok := out.(statused); ok {
		status = s.status()
	}
	if s, ok := out.(streamed); ok && c.r.Method != http.MethodHead {
		return c.stream(status, s)
	}
	if v, ok := out.(verbatim); ok {
		body = v.raw()
	} else if body != nil {
		header["Content-Type"] = []string{"application/xml"}
	}
	if c.r.Method != http.MethodHead && status != http.StatusNoContent {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	c.writeHead(status)
	c.write(body)
	return nil
}

func (c *call) stream(status int, s streamed) error {
	content, length, err := s.open()
	if err != nil {
		return err
	}
	defer content.Close()
	if length >= 0 {
		c.w.Header()["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	}
	c.writeHead(status)
	n, err := content.WriteTo(c.pacedWriter(&patient{c.w, c.control, time.Now()}))
	c.bytesOut += n
	if err != nil || length >= 0 && n != length {
		// The head is gone; the only honest thing left is to break the connection.
		level := slog.LevelDebug
		if objectstore.IsDamage(err) { // not the client's doing
			level = slog.LevelError
		}
		c.Log.Log(c.r.Context(), level, "answer broke off", "bucket", c.resource.Bucket, "key", c.resource.Key, "request", c.id, "sent", n, "of", length, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patient gives a client stallTimeout for every slice that it takes.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	since   time.Time // when it got stallTimeout; the head did so
}

// extend gives the client stallTimeout from now, or from a second ago.
func (p *patient) extend() {
	if now := time.Now(); now.Sub(p.since) > time.Second {
		p.since = now
		_ = p.control.SetWriteDeadline(now.Add(stallTimeout))
	}
}

// slice is how much a client must take within stallTimeout, in bytes.
const slice = 128 << 10

func (p *patient) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		p.extend()
		var m int
		m, err = p.ResponseWriter.Write(b[:min(len(b), slice)])
		n += m
		b = b[m:]
	}
	return n, err
}

// ReadFrom hands slices of a file to the writer beneath, in the form by which
// it knows that the kernel may copy them.
func (p *patient) ReadFrom(r io.Reader) (n int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{p}, r)
	}
	for limited.N > 0 && err == nil {
		p.extend()
		part := &io.LimitedReader{R: limited.R, N: min(limited.N, slice)}
		var m int64
		m, err = io.Copy(p.ResponseWriter, part)
		n += m
		limited.N -= m
		if m == 0 {
			break
		}
	}
	return n, err
}

func (c *call) writeHead(status int) {
	c.status = status
	c.leaveBody()
	if c.pace != nil && c.body.read > 0 {
		c.w.Header()["x-oss-qos-delay-time"] = []string{strconv.FormatInt(c.pace.waited.Round(time.Millisecond).Milliseconds(), 10)}
	}
	_ = c.control.SetWriteDeadline(time.Now().Add(stallTimeout))
	c.w.Header()["x-oss-server-time"] = []string{strconv.FormatInt(c.Now().Sub(c.start).Milliseconds(), 10)}
	c.w.WriteHeader(status)
}

// bodyGrace is how long a body that nobody wants may take to arrive.
const bodyGrace = time.Second

// leaveBody sees to it that the answer to a read does not wait for a body that
// was announced, for whatever reason, and does not come (SDK suite oss2
// test_sign_v4_additional_headers): net/http would read it first, to keep the connection.
func (c *call) leaveBody() {
	if c.r.ContentLength == 0 || c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return
	}
	c.w.Header()["Connection"] = []string{"close"}
	_ = c.control.SetReadDeadline(time.Now().Add(bodyGrace))
}

func (c *call) write(b []byte) {
	n, _ := c.w.Write(b) // a client that went away is no error of ours
	c.bytesOut += int64(n)
}

// fail sends a refusal. The answer to HEAD has no body and carries the document
// in a header, where the SDKs look for it. A 304 carries none at all: oss2 knows
// "not modified" by the absence of a code.
func (c *call) fail(err error) {
	e := c.explain(err)
	c.refusal = e
	if e.Status == http.StatusInternalServerError {
		c.Log.Error("request failed", "request", c.id, "bucket", c.resource.Bucket, "key", c.resource.Key, "error", err)
	}
	document := e.document(c.id, c.r.Host)
	header := c.w.Header()
	for _, f := range e.Headers {
		header[f.Name] = []string{f.Value}
	}
	if e.EC != "" {
		header["x-oss-ec"] = []string{e.EC}
	}
	switch {
	case e.Status == http.StatusNotModified:
		c.writeHead(e.Status)
		return
	case c.r.Method == http.MethodHead:
		header["x-oss-err"] = []string{base64.StdEncoding.EncodeToString(document)}
		delete(header, "Content-Length")
		c.writeHead(e.Status)
		return
	}
	header["Content-Type"] = []string{"application/xml"}
	header["Content-Length"] = []string{strconv.Itoa(len(document))}
	c.writeHead(e.Status)
	c.write(document)
}
