package file

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
)

// Durable blobs of 4 KiB.
func BenchmarkCommit(b *testing.B) {
	data := make([]byte, 4<<10)
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, Config{Dir: b.TempDir()})
			defer s.Close()
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for next.Add(1) <= int64(b.N) {
						blobtest.Put(b, s, data)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "blobs/s")
		})
	}
}

// Open, WriteTo and Close of 4 KiB, files in the page cache.
func BenchmarkRead(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	defer s.Close()
	var refs []blob.Ref
	for range 1000 {
		refs = append(refs, blobtest.Put(b, s, make([]byte, 4<<10)))
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Open(b.Context(), refs[rand.IntN(len(refs))], 0, -1)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}
