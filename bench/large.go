package main

import (
	"bufio"
	"crypto/md5"
	"crypto/rand"
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
func large(o options) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.do("PUT", largeBucket, "", nil, nil); err != nil {
		return err
	}
	content := make([]byte, chunk)
	if _, err := rand.Read(content); err != nil {
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
		{"PUT", func() error { return s.putLarge(content, o.bytes) }},
		{"GET", func() error { return s.getLarge(o.bytes) }},
	}
	results := make([][]result, len(kinds))
	for range min(o.rounds, largeRounds) {
		for i, k := range kinds {
			r, err := s.timed(o.bytes, k.run)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			results[i] = append(results[i], r)
		}
	}
	fmt.Printf("%-34s %10s %14s %8s\n", fmt.Sprintf("%d MB, median of %d", o.bytes/1e6, len(results[0])), "MB/s", "server s CPU", "ratio")
	for i, k := range kinds {
		r := median(results[i], rate)
		fmt.Printf("%-34s %10.0f %14.2f %8.2f\n", k.name, r, median(results[i], cpu)/1e6, r/median(results[0], rate))
	}
	peak, err := s.peakMB()
	if err != nil {
		return err
	}
	fmt.Printf("\nserver's memory before %8.1f MB, at most %.1f MB\n", before, peak)
	return nil
}

// timed measures one thing that moves some bytes: the rate is in MB/s.
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
func (s *ossd) putLarge(content []byte, bytes int64) error {
	head := "PUT " + s.target(signature.V4URL, "PUT", largeBucket, largeKey, nil) + " HTTP/1.1\r\nHost: " + s.address + "\r\n"
	return s.exchangeLarge(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, bytes), func(c net.Conn) error {
		for left := bytes; left > 0; left -= chunk {
			if _, err := c.Write(content[:min(left, chunk)]); err != nil {
				return err
			}
		}
		return nil
	}, 0)
}

func (s *ossd) getLarge(bytes int64) error {
	head := "GET " + s.target(signature.V4URL, "GET", largeBucket, largeKey, nil) + " HTTP/1.1\r\nHost: " + s.address + "\r\n\r\n"
	return s.exchangeLarge(head, nil, bytes)
}

// exchangeLarge sends a head and what send sends, which may be nil, and wants an answer of so many bytes.
func (s *ossd) exchangeLarge(head string, send func(net.Conn) error, want int64) error {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, head); err != nil {
		return err
	}
	if send != nil {
		if err := send(c); err != nil {
			return err
		}
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 256<<10), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, make([]byte, 256<<10))
	if err == nil && (resp.StatusCode != http.StatusOK || n != want) {
		err = fmt.Errorf("%s with %d bytes, want %d", resp.Status, n, want)
	}
	return err
}
