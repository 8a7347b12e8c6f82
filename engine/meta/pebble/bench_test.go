package pebble

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"ossd/engine/meta"
)

// benchStore is a store with n rows of 400 bytes "o/<prefix>/<key>", a
// thousand prefixes, flushed and compacted.
func benchStore(b *testing.B, n int) *Store {
	s := openDir(b, b.TempDir()).(*Store)
	b.Cleanup(func() { s.Close() })
	batch := s.db.NewBatch()
	for i := range n {
		if err := batch.Set(benchKey(i), benchValue, nil); err != nil {
			b.Fatal(err)
		}
		if batch.Len() > 4<<20 || i == n-1 {
			if err := s.db.Apply(batch, pebble.NoSync); err != nil {
				b.Fatal(err)
			}
			batch.Reset()
		}
	}
	if n > 0 {
		if err := s.db.Compact(b.Context(), []byte("o/"), []byte("o0"), true); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchKey(i int) []byte { return fmt.Appendf(nil, "o/%03d/some-object-name-%09d", i%1000, i) }

var benchValue = func() []byte {
	v := make([]byte, 400)
	for i := range v {
		v[i] = byte(rand.IntN(256))
	}
	return v
}()

// Durable puts of 400 bytes, each with a shared and an exclusive lock.
func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := benchStore(b, 0)
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						key := benchKey(int(i))
						locks := []meta.Lock{meta.Shared("bucket"), meta.Exclusive(string(key))}
						if err := s.Update(b.Context(), locks, func(tx meta.Tx) error {
							return tx.Put(key, benchValue)
						}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
		})
	}
}

const benchRows = 200_000

// A View as a GET request makes it: the bucket's row, then the object's.
func BenchmarkView(b *testing.B) {
	s := benchStore(b, benchRows)
	bucket := benchKey(7)
	twoOf := func(b *testing.B, rows int) {
		key := benchKey(rand.IntN(rows))
		if err := s.View(b.Context(), func(snap meta.Snapshot) error {
			if _, err := snap.Get(bucket); err != nil {
				return err
			}
			_, err := snap.Get(key)
			return err
		}); err != nil {
			b.Error(err)
		}
	}
	// Most requests are for rows that were read lately.
	for name, rows := range map[string]int{"gets=2": benchRows, "gets=2/cached": 1000} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				twoOf(b, rows)
			}
		})
	}
	b.Run("gets=2/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				twoOf(b, benchRows)
			}
		})
	})
	b.Run("gets=1", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			key := benchKey(rand.IntN(benchRows))
			if err := s.View(b.Context(), func(snap meta.Snapshot) error {
				_, err := snap.Get(key)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	// What the cache saves: the same two Gets without it.
	b.Run("gets=2/uncached", func(b *testing.B) {
		b.ReportAllocs()
		snap := &snapshot{Snapshot: s.db.NewSnapshot()}
		defer snap.Close()
		r := reader{from: snap}
		for b.Loop() {
			if _, err := r.Get(bucket); err != nil {
				b.Fatal(err)
			}
			if _, err := r.Get(benchKey(rand.IntN(benchRows))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gets=0", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.View(b.Context(), func(meta.Snapshot) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkList(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		s := benchStore(b, rows)
		for name, q := range map[string]meta.ListQuery{
			"keys":     {Range: []byte("o/"), Limit: 1000},
			"prefixes": {Range: []byte("o/"), Delimiter: []byte("/"), Limit: 1000},
		} {
			b.Run(fmt.Sprintf("1000_%s_of_%d", name, rows), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					err := s.View(b.Context(), func(snap meta.Snapshot) error {
						page, err := snap.List(q)
						if err == nil && len(page.Entries) != 1000 {
							err = fmt.Errorf("%d entries", len(page.Entries))
						}
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Opening costs memory once; the cache must not be part of it.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	var memory uint64
	for b.Loop() {
		s := openDir(b, dir).(*Store)
		b.StopTimer()
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		memory = m.HeapInuse + uint64(s.db.Metrics().MemTable.Size) + uint64(s.db.Metrics().BlockCache.Size)
		b.StartTimer()
		s.Close()
	}
	b.ReportMetric(float64(memory)/(1<<20), "MiB")
}
