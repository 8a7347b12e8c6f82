package oss

import (
	"encoding/base64"
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
		open() (content objectstore.Content, length int64, err error)
	}
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
	if body != nil {
		header["Content-Type"] = []string{"application/xml"}
	}
	if c.r.Method != http.MethodHead && status != http.StatusNoContent {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	c.writeHead(status)
	c.write(body)
	return nil
}

// minimumRate bounds how long a client may take to fetch its answer, in bytes a second.
const minimumRate = 16 << 10

func (c *call) stream(status int, s streamed) error {
	content, length, err := s.open()
	if err != nil {
		return err
	}
	defer content.Close()
	patience := stallTimeout + time.Duration(length/minimumRate)*time.Second
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(patience))
	c.w.Header()["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	c.writeHead(status)
	n, err := content.WriteTo(c.w)
	c.bytesOut += n
	if err != nil || n != length {
		// The head is gone; the only honest thing left is to break the connection.
		c.Log.Debug("answer broke off", "request", c.id, "sent", n, "of", length, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (c *call) writeHead(status int) {
	c.status = status
	c.w.Header()["x-oss-server-time"] = []string{strconv.FormatInt(c.Now().Sub(c.start).Milliseconds(), 10)}
	c.w.WriteHeader(status)
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
