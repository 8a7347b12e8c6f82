package s3

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/minio/minio-go/v7"

	"ossd/engine/blob"
	"ossd/engine/blob/s3/s3test"
)

// Beside each other, in one run: blobs, and the client used bare, as simply as it
// offers: without checksums of ours, signed in chunks.
func BenchmarkPut(b *testing.B) {
	s := mustOpen(b, configFor(s3test.For(b), "bench"))
	for _, size := range []int{4 << 10, 1 << 20, 64 << 20} {
		data := pattern(size, 1)
		b.Run(fmt.Sprintf("blob/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				putOnce(b, s, data)
			}
		})
		b.Run(fmt.Sprintf("bare/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.core.Client.PutObject(b.Context(), "blobs", "bare", bytes.NewReader(data), int64(size), minio.PutObjectOptions{PartSize: 5 << 20}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func putOnce(b *testing.B, s *Store, data []byte) blob.Ref {
	b.Helper()
	w, err := s.Create(b.Context(), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	for rest := data; len(rest) > 0; {
		n, err := w.Write(rest[:min(len(rest), 256<<10)])
		if err != nil {
			b.Fatal(err)
		}
		rest = rest[n:]
	}
	ref, err := w.Commit(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return ref
}

func BenchmarkGet(b *testing.B) {
	s := mustOpen(b, configFor(s3test.For(b), "bench"))
	for _, size := range []int{4 << 10, 64 << 20} {
		data := pattern(size, 1)
		ref := putOnce(b, s, data)
		if err := s.put(b.Context(), "bare", data); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("blob/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Open(b.Context(), ref, 0, -1)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
		b.Run(fmt.Sprintf("bare/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				body, _, _, err := s.core.GetObject(b.Context(), "blobs", "bare", minio.GetObjectOptions{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, body); err != nil {
					b.Fatal(err)
				}
				body.Close()
			}
		})
	}
}
