package main

import (
	"bufio"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"ossd/protocol/signature"
)

const (
	largeBucket = "bench-large"
	largeKey    = "large.bin"
	largeRounds = 3 // bounds the room on the disk: what is replaced stays for a while
	chunk       = 1 << 20
)

// large measures one body of a gigabyte, beside the two things that every
// writer has to wait for: its MD5, on one core, and the disk.
func large(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.bucket(largeBucket); err != nil {
		return err
	}
	content, err := random(chunk)
	if err != nil {
		return err
	}
	before, err := s.residentMB()
	if err != nil {
		return err
	}
	if err := s.resetPeak(); err != nil {
		return err
	}
	kinds := []struct {
		name string
		run  func() error
	}{
		{"crypto/md5 alone, one core", func() error { sum(content, o.bytes); return nil }},
		{"file written and synced", func() error { return s.writeFile(content, o.bytes) }},
		{"PUT", func() error { return s.putLarge(ctx, content, o.bytes) }},
		{"GET", func() error { return s.getLarge(ctx, largeBucket, o.bytes) }},
	}
	results := make([]measured, len(kinds))
	for range min(o.rounds, largeRounds) {
		for i, k := range kinds {
			found, err := s.timed(o.bytes, k.run)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			results[i].name, results[i].results = k.name, append(results[i].results, found)
		}
	}
	peak, err := s.peakMB()
	if err != nil {
		return err
	}
	t := table{
		title:   fmt.Sprintf("One body of %d MB, one connection, medians of %d rounds", o.bytes/1e6, len(results[0].results)),
		columns: []string{"", "MB/s", "server s CPU", "rate / MD5"},
		note:    fmt.Sprintf("Memory of the server before: %.1f MB, at most: %.1f MB.", before, peak),
	}
	for _, m := range results {
		ratio := m.rate() / results[0].rate()
		t.rows = append(t.rows, []string{m.name, figure(m.rate()), figure(m.cpu() / 1e6), figure(ratio)})
		if m.name == "PUT" {
			r.budget(fmt.Sprintf("PUT of %d MB, one stream", o.bytes/1e6), "≥ 85 % of crypto/md5", figure(100*ratio)+" %", ratio >= 0.85)
		}
	}
	r.add(t)
	return nil
}

// timed measures one thing that moves some bytes: the rate is in MB/s, the CPU time not by the request.
func (s *ossd) timed(bytes int64, run func() error) (result, error) {
	before, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	if err := run(); err != nil {
		return result{}, err
	}
	elapsed := time.Since(begun)
	after, err := s.cpu()
	return result{rate: float64(bytes) / 1e6 / elapsed.Seconds(), cpu: float64((after - before).Microseconds())}, err
}

func sum(content []byte, bytes int64) {
	digest := md5.New()
	for ; bytes > 0; bytes -= int64(len(content)) {
		digest.Write(content[:min(bytes, int64(len(content)))])
	}
	digest.Sum(nil)
}

func (s *ossd) writeFile(content []byte, bytes int64) error {
	f, err := os.Create(filepath.Join(s.data, "file"))
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	for ; bytes > 0; bytes -= chunk {
		if _, err := f.Write(content[:min(bytes, chunk)]); err != nil {
			return err
		}
	}
	return f.Sync()
}

// putLarge sends the same bytes again and again, so that making them costs nothing.
func (s *ossd) putLarge(ctx context.Context, content []byte, bytes int64) error {
	signed := s.sign(signature.V4URL, s.cred, "PUT", largeBucket, largeKey, nil, nil)
	head := fmt.Appendf(nil, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", signed.target, s.address, bytes)
	return s.exchangeLarge(ctx, head, func(c net.Conn) error {
		for left := bytes; left > 0; left -= chunk {
			if _, err := c.Write(content[:min(left, chunk)]); err != nil {
				return err
			}
		}
		return nil
	}, 0)
}

func (s *ossd) getLarge(ctx context.Context, bucket string, bytes int64) error {
	return s.exchangeLarge(ctx, s.request("GET", bucket, largeKey, nil, nil).head, nil, bytes)
}

// exchangeLarge sends a head and what send sends, which may be nil, and wants an answer of so many bytes.
func (s *ossd) exchangeLarge(ctx context.Context, head []byte, send func(net.Conn) error, want int64) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.Write(head); err != nil {
		return err
	}
	if send != nil {
		if err := send(c); err != nil {
			return err
		}
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, answerBuffer), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, make([]byte, answerBuffer))
	if err == nil && (resp.StatusCode != http.StatusOK || n != want) {
		err = fmt.Errorf("%s with %d bytes, want %d", resp.Status, n, want)
	}
	return err
}
