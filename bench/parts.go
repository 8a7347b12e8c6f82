package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"strconv"
	"time"

	"ossd/protocol/signature"
)

const (
	partsBucket = "bench-parts"
	partSize    = 100 << 10 // the smallest that is allowed
)

// parts measures uploads of very many parts.
func parts(o options) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.do("PUT", partsBucket, "", nil, nil); err != nil {
		return err
	}
	fmt.Printf("%-34s %10s %14s\n", fmt.Sprintf("upload of %d parts of 100 KiB", o.parts), "", "server s CPU")
	content := bytes.Repeat([]byte("ossd"), partSize/4)
	id, err := s.upload(o, largeKey, content)
	if err != nil {
		return err
	}
	listing := []request{s.request(signature.V4URL, "GET", partsBucket, largeKey, signature.Query{{Name: "uploadId", Value: id}}, nil)}
	list, err := load(s.process, listing, 1, o.duration)
	if err != nil {
		return err
	}
	fmt.Printf("%-34s %8.2fms %14.5f\n", "ListParts, 1000 of them", 1000/list.rate, list.cpu/1e6)
	if err := s.step("CompleteMultipartUpload", func() error {
		return s.do("POST", partsBucket, largeKey, signature.Query{{Name: "uploadId", Value: id}}, completion(o, content))
	}); err != nil {
		return err
	}
	whole := int64(o.parts) * partSize
	get := "GET " + s.target(signature.V4URL, "GET", partsBucket, largeKey, nil) + " HTTP/1.1\r\nHost: " + s.address + "\r\n\r\n"
	r, err := s.timed(whole, func() error { return s.exchangeLarge(get, nil, whole) })
	if err != nil {
		return err
	}
	fmt.Printf("%-34s %6.0fMB/s %14.2f\n", "GET of the whole", r.rate, r.cpu/1e6)
	if id, err = s.upload(o, "aborted", content[:1]); err != nil {
		return err
	}
	return s.step("AbortMultipartUpload", func() error {
		return s.do("DELETE", partsBucket, "aborted", signature.Query{{Name: "uploadId", Value: id}}, nil)
	})
}

// step measures something that is done once.
func (s *ossd) step(name string, run func() error) error {
	before, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := run(); err != nil {
		return err
	}
	elapsed := time.Since(begun)
	after, err := s.cpu()
	fmt.Printf("%-34s %8.0fms %14.2f\n", name, elapsed.Seconds()*1000, (after - before).Seconds())
	return err
}

// upload begins an upload and puts its parts; it returns the upload's id.
func (s *ossd) upload(o options, key string, content []byte) (id string, err error) {
	begun, err := s.fetch("POST", partsBucket, key, signature.Query{{Name: "uploads", Bare: true}}, nil)
	if err != nil {
		return "", err
	}
	_, rest, _ := bytes.Cut(begun, []byte("<UploadId>"))
	text, _, ok := bytes.Cut(rest, []byte("</UploadId>"))
	if !ok {
		return "", fmt.Errorf("no upload id in %s", begun)
	}
	id = string(text)
	var puts []request
	for n := 1; n <= o.parts; n++ {
		puts = append(puts, s.request(signature.V4URL, "PUT", partsBucket, key, signature.Query{{Name: "partNumber", Value: strconv.Itoa(n)}, {Name: "uploadId", Value: id}}, content))
	}
	r, err := load(s.process, puts, o.connections, 0)
	if err != nil {
		return "", err
	}
	fmt.Printf("%-34s %8.0f/s %14.5f\n", fmt.Sprintf("UploadPart of %d B, %d connections", len(content), o.connections), r.rate, r.cpu/1e6)
	return id, nil
}

// completion names all parts, which have the same content.
func completion(o options, content []byte) []byte {
	etag := md5.Sum(content)
	b := []byte("<CompleteMultipartUpload>")
	for n := 1; n <= o.parts; n++ {
		b = fmt.Appendf(b, `<Part><PartNumber>%d</PartNumber><ETag>"%X"</ETag></Part>`, n, etag)
	}
	return append(b, "</CompleteMultipartUpload>"...)
}
