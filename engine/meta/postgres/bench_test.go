package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/postgres/postgrestest"
)

// benchStore is a store with n rows of 400 bytes "o/<prefix>/<key>", a thousand prefixes.
func benchStore(b *testing.B, n int) *Store {
	server := postgrestest.Shared(b)
	s, err := Open(b.Context(), Config{URL: server.URL(), Schema: server.Schema(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	for from := 0; from < n; from += 10_000 {
		if err := s.Update(b.Context(), nil, func(tx meta.Tx) error {
			for i := from; i < min(n, from+10_000); i++ {
				if err := tx.Insert(benchKey(i), benchValue); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	if n > 0 {
		server.Exec(b, "vacuum analyze "+s.config.Schema+".rows")
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

// measure runs do b.N times in some goroutines, and reports what a call costs in processor
// time, here and in the processes of the server.
func measure(b *testing.B, s *Store, goroutines int, do func(i int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	own, servers, trips := ownCPU(b), serverCPU(b, s), s.Stats().RoundTrips
	b.ResetTimer()
	for range goroutines {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := do(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	n := float64(b.N)
	b.ReportMetric(n/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((ownCPU(b)-own).Microseconds())/n, "µs-CPU-here/op")
	b.ReportMetric(float64((serverCPU(b, s)-servers).Microseconds())/n, "µs-CPU-server/op")
	b.ReportMetric(float64(s.Stats().RoundTrips-trips)/n, "trips/op")
}

func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverCPU adds up what the connections of the pool have used, as far as /proc tells it.
func serverCPU(b *testing.B, s *Store) (sum time.Duration) {
	for s.Stats().InUse > 0 { // the ends of Views that nobody waited for
		time.Sleep(time.Millisecond)
	}
	for _, c := range s.pool.AcquireAllIdle(context.Background()) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Conn().PgConn().PID()))
		c.Release()
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, f := range fields[11:13] {
			ticks, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			sum += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return sum
}

// An Update as a PUT request makes it: the bucket shared and its row read, the key
// exclusive, two rows written.
func BenchmarkUpdate(b *testing.B) {
	bucket := []byte("Bbucket")
	for _, goroutines := range []int{1, 64} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			s := benchStore(b, 0)
			if err := s.Update(b.Context(), nil, func(tx meta.Tx) error { return tx.Insert(bucket, benchValue) }); err != nil {
				b.Fatal(err)
			}
			measure(b, s, goroutines, func(i int) error {
				key := benchKey(i)
				locks := []meta.Lock{meta.Shared(string(bucket)), meta.Exclusive(string(key))}
				return s.Update(b.Context(), locks, func(tx meta.Tx) error {
					if _, err := tx.Get(bucket); err != nil {
						return err
					}
					return errors.Join(tx.Put(key, benchValue), tx.Insert(append([]byte("R"), key...), nil))
				})
			})
		})
	}
}

const benchRows = 200_000

func BenchmarkView(b *testing.B) {
	s := benchStore(b, benchRows)
	for _, gets := range []int{1, 2} {
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprintf("gets=%d/goroutines=%d", gets, goroutines), func(b *testing.B) {
				measure(b, s, goroutines, func(int) error {
					return s.View(b.Context(), func(snap meta.Snapshot) error {
						for range gets {
							if _, err := snap.Get(benchKey(rand.IntN(benchRows))); err != nil {
								return err
							}
						}
						return nil
					})
				})
			})
		}
	}
}

func BenchmarkList(b *testing.B) {
	s := benchStore(b, benchRows)
	for name, q := range map[string]meta.ListQuery{
		"keys":     {Range: []byte("o/"), Limit: 1000},
		"prefixes": {Range: []byte("o/"), Delimiter: []byte("/"), Limit: 1000},
		"neither":  {Range: []byte("o/"), Delimiter: []byte("#"), Limit: 1000}, // a delimiter that no key has
	} {
		b.Run("1000_"+name, func(b *testing.B) {
			measure(b, s, 1, func(int) error {
				return s.View(b.Context(), func(snap meta.Snapshot) error {
					page, err := snap.List(q)
					if err == nil && len(page.Entries) != 1000 {
						err = fmt.Errorf("%d entries", len(page.Entries))
					}
					return err
				})
			})
		})
	}
}

func BenchmarkScan(b *testing.B) {
	s := benchStore(b, benchRows)
	measure(b, s, 1, func(int) error {
		return s.View(b.Context(), func(snap meta.Snapshot) error {
			n := 0
			for _, err := range snap.Scan(nil, nil) {
				if err != nil {
					return err
				}
				n++
			}
			if n != benchRows {
				return fmt.Errorf("%d rows", n)
			}
			return nil
		})
	})
	var size float64
	if err := s.pool.QueryRow(b.Context(), `select pg_total_relation_size($1)`, s.config.Schema+".rows").Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(size/benchRows, "disk-B/row")
}
