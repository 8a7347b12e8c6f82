package witness

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// possible are the versions that a key may have.
func (s *state) possible() []int {
	all := append([]int{s.acked}, s.open...)
	if slices.ContainsFunc(s.open, isAppend) {
		all = append(all, 0) // the object was deleted first
	}
	return all
}

// Read reads a key, which must have a version that it may have.
func (w *Writer) Read(k int) error {
	_, err := w.read(k % keys)
	return err
}

func (w *Writer) read(k int) (version int, err error) {
	answer, err := w.Client.wanted([]int{http.StatusOK, http.StatusNotFound}, "GET", w.path(k), "", nil, nil)
	if err != nil {
		return 0, err
	}
	for _, version := range w.keys[k].possible() {
		if w.is(answer, version) {
			return version, nil
		}
	}
	return 0, w.Client.Object("%s: status %d, %d bytes %.40q; version %d was acknowledged, %v tried since",
		w.path(k), answer.Status, len(answer.Body), answer.Body, w.keys[k].acked, w.keys[k].open)
}

func (w *Writer) is(answer Answer, version int) bool {
	if version == 0 {
		return answer.Status == http.StatusNotFound && answer.Code() == "NoSuchKey"
	}
	return answer.Status == http.StatusOK && bytes.Equal(answer.Body, w.content(version))
}

// Settle reads all keys, and takes what is there for what there is to be from now on. It must
// be called only when nothing that was sent can have an effect any more.
func (w *Writer) Settle() error {
	var errs []error
	for k := range w.keys {
		version, err := w.read(k)
		if err == nil {
			w.keys[k] = state{acked: version}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

type listing struct {
	Contents []struct {
		Key  string
		Size int
		ETag string
	}
}

// List lists the keys, which must be those with versions that they may have.
func (w *Writer) List() error {
	answer, err := w.Client.wanted([]int{http.StatusOK}, "GET", "/"+w.Bucket, "list-type=2&prefix="+w.prefix(), nil, nil)
	if err != nil {
		return err
	}
	var listed listing
	if err := xml.Unmarshal(answer.Body, &listed); err != nil {
		return w.Client.Object("the listing of %s: %v", w.prefix(), err)
	}
	var errs []error
	for k := range w.keys {
		errs = append(errs, w.listed(k, &listed))
	}
	return errors.Join(errs...)
}

func (w *Writer) listed(k int, all *listing) error {
	found := "absent"
	for _, c := range all.Contents {
		if strings.HasSuffix(w.path(k), "/"+c.Key) {
			found = entry(c.Size, c.ETag)
		}
	}
	for _, version := range w.keys[k].possible() {
		if version == 0 && found == "absent" {
			return nil
		}
		if content := w.content(version); version != 0 && (found == entry(len(content), etag(content)) || strings.HasPrefix(found, entry(len(content), "")) && !w.hashed(version)) {
			return nil
		}
	}
	return w.Client.Object("%s is listed as %s; version %d was acknowledged, %v tried since", w.path(k), found, w.keys[k].acked, w.keys[k].open)
}

// hashed tells whether the ETag of a version is the MD5 of its content.
func (w *Writer) hashed(version int) bool { n := version * 7 % 13; return n != 2 && n != 3 }

func entry(size int, etag string) string { return fmt.Sprintf("%d bytes %s", size, etag) }

func etag(content []byte) string {
	sum := md5.Sum(content)
	return `"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`
}
