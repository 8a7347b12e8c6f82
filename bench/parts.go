package main

import (
	"bytes"
	"context"
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
func parts(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.bucket(partsBucket); err != nil {
		return err
	}
	t := table{title: fmt.Sprintf("Upload of %d parts of 100 KiB", o.parts), columns: []string{"", "in all ms", "each ms", "MB/s", "server s CPU"}}
	content := bytes.Repeat([]byte("ossd"), partSize/4)
	whole := int64(o.parts) * partSize
	id, err := s.upload(ctx, o, &t, largeKey, content)
	if err != nil {
		return err
	}
	listing := []request{s.request("GET", partsBucket, largeKey, signature.Query{{Name: "uploadId", Value: id}}, nil)}
	list, err := load(ctx, s.process, listing, extent{connections: 1, duration: o.duration})
	if err != nil {
		return err
	}
	t.rows = append(t.rows, []string{"ListParts, 1000 of them", "–", figure(1000 / list.rate), "–", figure(list.cpu / 1e6)})
	if err := s.step(&t, "CompleteMultipartUpload", 0, func() error {
		return s.do("POST", partsBucket, largeKey, signature.Query{{Name: "uploadId", Value: id}}, completion(o, content))
	}); err != nil {
		return err
	}
	if err := s.step(&t, "GET of the whole", whole, func() error { return s.getLarge(ctx, partsBucket, whole) }); err != nil {
		return err
	}
	if id, err = s.upload(ctx, o, &t, "aborted", content[:1]); err != nil {
		return err
	}
	if err := s.step(&t, "AbortMultipartUpload", 0, func() error {
		return s.do("DELETE", partsBucket, "aborted", signature.Query{{Name: "uploadId", Value: id}}, nil)
	}); err != nil {
		return err
	}
	r.add(t)
	return nil
}

// step measures something that is done once and may move some bytes.
func (s *ossd) step(t *table, name string, bytes int64, run func() error) error {
	begun := time.Now()
	m, err := s.timed(bytes, run)
	rate := "–"
	if bytes > 0 {
		rate = figure(m.rate)
	}
	t.rows = append(t.rows, []string{name, figure(time.Since(begun).Seconds() * 1000), "–", rate, figure(m.cpu / 1e6)})
	return err
}

// upload begins an upload and puts its parts; it returns the upload's id.
func (s *ossd) upload(ctx context.Context, o options, t *table, key string, content []byte) (id string, err error) {
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
		puts = append(puts, s.request("PUT", partsBucket, key, signature.Query{{Name: "partNumber", Value: strconv.Itoa(n)}, {Name: "uploadId", Value: id}}, content))
	}
	r, err := load(ctx, s.process, puts, extent{connections: o.connections})
	if err != nil {
		return "", err
	}
	n := float64(o.parts)
	t.rows = append(t.rows, []string{
		fmt.Sprintf("UploadPart of %d B, %d connections", len(content), o.connections),
		figure(1000 * n / r.rate), figure(1000 / r.rate), figure(r.rate * float64(len(content)) / 1e6), figure(n * r.cpu / 1e6),
	})
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
