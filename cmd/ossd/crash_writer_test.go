package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/protocol/signature"
)

// crashKeys is how many keys each writer changes in turn.
const crashKeys = 4

// crashWriter gives its own keys ever new versions, in all ways that there are.
type crashWriter struct {
	next  int // version that comes next
	keys  [crashKeys]crashVersion
	count map[string]int // acknowledged, by the way
}

// crashVersion is what is known of a key: the version that was acknowledged last and the
// one that was sent last, 0 for a key without an object.
type crashVersion struct{ acked, tried int }

// crashContent is a version's: its number, repeated to a length that differs,
// now and then to one that has a file of its own.
func crashContent(w, version int) []byte {
	n := 1 + version*37%3000
	if version%11 == 0 {
		n *= 30
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d/%d;", w, version), n)
}

func crashPath(w, k int) string { return fmt.Sprintf("/crash/writer-%d/key-%d", w, k) }

// crashClient speaks to the server that will be killed.
type crashClient struct {
	*http.Client
	address string
}

// write goes on until the server is gone.
func (c *crashWriter) write(to crashClient, w int, stop *atomic.Bool, acked *atomic.Int64) {
	for !stop.Load() {
		c.next++
		k := c.next % crashKeys
		way, do := c.way(to, w, k)
		if do() != nil {
			return // whether this version counts is open
		}
		c.keys[k].acked = c.keys[k].tried
		c.count[way]++
		acked.Add(1)
	}
}

// way chooses how the next version of a key comes about, and notes which it is.
func (c *crashWriter) way(to crashClient, w, k int) (name string, do func() error) {
	path, version := crashPath(w, k), c.next
	other := (k + 1) % crashKeys
	c.keys[k].tried = version
	switch n := version * 7 % 13; {
	case n == 0:
		c.keys[k].tried = 0
		return "delete", func() error { return to.want(http.StatusNoContent, "DELETE", path, "", nil, nil) }
	case n == 1 && c.keys[other].acked > 0:
		c.keys[k].tried = c.keys[other].acked
		return "copy", func() error {
			return to.want(http.StatusOK, "PUT", path, "", http.Header{"X-Oss-Copy-Source": {crashPath(w, other)}}, nil)
		}
	case n == 2:
		return "multipart", func() error { return to.multipart(path, crashContent(w, version)) }
	case n == 3:
		return "append", func() error { return to.append(path, crashContent(w, version)) }
	}
	return "put", func() error { return to.want(http.StatusOK, "PUT", path, "", nil, crashContent(w, version)) }
}

// multipart makes an object of two parts, of which one may be empty.
func (to crashClient) multipart(path string, content []byte) error {
	body, _, err := to.send("POST", path, "uploads", nil, nil)
	var upload struct{ UploadId string }
	if err == nil {
		err = xml.Unmarshal(body, &upload)
	}
	if err != nil {
		return err
	}
	cut := min(len(content), 100<<10)
	for number, part := range [][]byte{content[:cut], content[cut:]} {
		if err := to.want(http.StatusOK, "PUT", path, fmt.Sprintf("partNumber=%d&uploadId=%s", number+1, upload.UploadId), nil, part); err != nil {
			return err
		}
		if cut == len(content) {
			break
		}
	}
	return to.want(http.StatusOK, "POST", path, "uploadId="+upload.UploadId, http.Header{"X-Oss-Complete-All": {"yes"}}, nil)
}

// append deletes the object and makes another one in two steps. A server that dies
// in between leaves what nobody expects, so that the second is one of no bytes.
func (to crashClient) append(path string, content []byte) error {
	if err := to.want(http.StatusNoContent, "DELETE", path, "", nil, nil); err != nil {
		return err
	}
	if err := to.want(http.StatusOK, "POST", path, "append&position=0", nil, content); err != nil {
		return err
	}
	return to.want(http.StatusOK, "POST", path, fmt.Sprintf("append&position=%d", len(content)), nil, nil)
}

func (c *crashWriter) verify(t *testing.T, to crashClient, w int) {
	t.Helper()
	for k := range c.keys {
		key := &c.keys[k]
		got, status, err := to.send("GET", crashPath(w, k), "", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		is := func(version int) bool {
			if version == 0 {
				return status == http.StatusNotFound
			}
			return status == http.StatusOK && bytes.Equal(got, crashContent(w, version))
		}
		switch {
		case is(key.acked):
		case is(key.tried), key.tried != key.acked && c.appended(k) && is(0): // only the answer was lost
			key.acked = key.tried
			if status == http.StatusNotFound {
				key.acked = 0
			}
		default:
			t.Errorf("%s: status %d, %d bytes %.40q; version %d was acknowledged, version %d tried", crashPath(w, k), status, len(got), got, key.acked, key.tried)
		}
		key.tried = key.acked
	}
}

// appended tells whether the last version of a key was to be appended to nothing.
func (c *crashWriter) appended(k int) bool { return c.keys[k].tried*7%13 == 3 }

// want sends a request that must be answered with a status.
func (to crashClient) want(want int, method, path, query string, header http.Header, content []byte) error {
	_, status, err := to.send(method, path, query, header, content)
	if err == nil && status != want {
		err = fmt.Errorf("%s %s?%s: status %d", method, path, query, status)
	}
	return err
}

func (to crashClient) send(method, path, query string, header http.Header, content []byte) ([]byte, int, error) {
	target := path
	if query != "" {
		target += "?" + query
	}
	r, err := http.NewRequest(method, "http://"+to.address+target, bytes.NewReader(content))
	if err != nil {
		return nil, 0, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	s, err := signature.NewRequest(method, to.address, target, r.Header)
	if err != nil {
		return nil, 0, err
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err := signature.SignHeader(signature.V1Header, s, signature.Resource{Bucket: bucket, Key: key}, crashKey, "", time.Now()); err != nil {
		return nil, 0, err
	}
	resp, err := to.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}

func crashPut(client *http.Client, address, path string, content []byte) error {
	return crashClient{client, address}.want(http.StatusOK, "PUT", path, "", nil, content)
}

func crashGet(client *http.Client, address, path string) ([]byte, int, error) {
	return crashClient{client, address}.send("GET", path, "", nil, nil)
}
