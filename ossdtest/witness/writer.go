package witness

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
)

// keys is how many keys each writer changes in turn.
const keys = 4

// Writer gives its own keys ever new versions, in all ways that there are. It is of
// one goroutine, but Client may be shared.
type Writer struct {
	Client *Client
	Bucket string
	Number int            // of no other writer of the bucket
	Count  map[string]int // acknowledged, by the way

	next int // version that comes next
	keys [keys]state
}

// state is what is known of a key: the version that was acknowledged last, 0 for no object, and
// those that were sent since and not acknowledged, of which each may have come about.
type state struct {
	acked int
	open  []int
}

// content is a version's: its number, repeated to a length that differs,
// now and then to one that has a file of its own.
func (w *Writer) content(version int) []byte {
	n := 1 + version*37%3000
	if version%11 == 0 {
		n *= 30
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d/%d;", w.Number, version), n)
}

func (w *Writer) prefix() string { return fmt.Sprintf("writer-%d/", w.Number) }

func (w *Writer) path(k int) string { return fmt.Sprintf("/%s/%skey-%d", w.Bucket, w.prefix(), k) }

// Write makes the next version of one key. After an error it is open whether that came about.
func (w *Writer) Write() error {
	w.next++
	k := w.next % keys
	name, version, do := w.way(k)
	if err := do(); err != nil {
		w.keys[k].open = append(w.keys[k].open, version)
		return err
	}
	w.keys[k] = state{acked: version}
	if w.Count == nil {
		w.Count = map[string]int{}
	}
	w.Count[name]++
	return nil
}

// way chooses how the next version of a key comes about, and tells which that is.
func (w *Writer) way(k int) (name string, version int, do func() error) {
	path, version := w.path(k), w.next
	other := (k + 1) % keys
	switch n := version * 7 % 13; {
	case n == 0:
		return "delete", 0, func() error { return w.Client.Want(http.StatusNoContent, "DELETE", path, "", nil, nil) }
	case n == 1 && w.keys[other].acked > 0 && len(w.keys[other].open) == 0:
		return "copy", w.keys[other].acked, func() error {
			return w.Client.Want(http.StatusOK, "PUT", path, "", http.Header{"X-Oss-Copy-Source": {w.path(other)}}, nil)
		}
	case n == 2:
		return "multipart", version, func() error { return w.multipart(path, w.content(version)) }
	case n == 3:
		return "append", version, func() error { return w.append(path, w.content(version)) }
	}
	return "put", version, func() error { return w.Client.Want(http.StatusOK, "PUT", path, "", nil, w.content(version)) }
}

// isAppend tells whether a version was to be appended to nothing.
func isAppend(version int) bool { return version*7%13 == 3 }

// multipart makes an object of two parts, of which one may be empty.
func (w *Writer) multipart(path string, content []byte) error {
	answer, err := w.Client.wanted([]int{http.StatusOK}, "POST", path, "uploads", nil, nil)
	if err != nil {
		return err
	}
	var upload struct{ UploadId string }
	if err := xml.Unmarshal(answer.Body, &upload); err != nil {
		return w.Client.Object("POST %s?uploads: %v", path, err)
	}
	cut := min(len(content), 100<<10)
	for number, part := range [][]byte{content[:cut], content[cut:]} {
		if err := w.Client.Want(http.StatusOK, "PUT", path, fmt.Sprintf("partNumber=%d&uploadId=%s", number+1, upload.UploadId), nil, part); err != nil {
			return err
		}
		if cut == len(content) {
			break
		}
	}
	return w.Client.Want(http.StatusOK, "POST", path, "uploadId="+upload.UploadId, http.Header{"X-Oss-Complete-All": {"yes"}}, nil)
}

// append deletes the object and makes another one in two steps. A server that dies
// in between leaves what nobody expects, so that the second is one of no bytes.
func (w *Writer) append(path string, content []byte) error {
	if err := w.Client.Want(http.StatusNoContent, "DELETE", path, "", nil, nil); err != nil {
		return err
	}
	if err := w.Client.Want(http.StatusOK, "POST", path, "append&position=0", nil, content); err != nil {
		return err
	}
	return w.Client.Want(http.StatusOK, "POST", path, fmt.Sprintf("append&position=%d", len(content)), nil, nil)
}
