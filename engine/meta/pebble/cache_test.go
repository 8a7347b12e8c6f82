package pebble

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/engine/meta"
)

// Rows that one transaction changes together are seen together, and never older
// than what an Update has told, also where they come from the cache.
func TestCachedRowsAreOfOneInstant(t *testing.T) {
	s := openMem(t)
	defer s.Close()
	const pairs, rounds = 4, 400
	var told [pairs]atomic.Int64
	var writers, readers sync.WaitGroup
	var done atomic.Bool
	write := func(pair, n int) error {
		a, b := fmt.Sprintf("a%d", pair), fmt.Sprintf("b%d", pair)
		return s.Update(t.Context(), []meta.Lock{meta.Exclusive(a), meta.Exclusive(b)}, func(tx meta.Tx) error {
			if err := tx.Put([]byte(a), []byte(strconv.Itoa(n))); err != nil {
				return err
			}
			return tx.Put([]byte(b), []byte(strconv.Itoa(n)))
		})
	}
	for pair := range pairs {
		if err := write(pair, 0); err != nil {
			t.Fatal(err)
		}
		writers.Go(func() {
			for n := 1; n <= rounds; n++ {
				if err := write(pair, n); err != nil {
					t.Error(err)
					return
				}
				told[pair].Store(int64(n))
			}
		})
	}
	for r := range 4 {
		readers.Go(func() {
			for i := r; !done.Load(); i++ {
				pair := i % pairs
				least := told[pair].Load()
				err := s.View(t.Context(), func(rows meta.Snapshot) error {
					a, err := rows.Get(fmt.Appendf(nil, "a%d", pair))
					if err != nil {
						return err
					}
					runtime.Gosched()
					b, err := rows.Get(fmt.Appendf(nil, "b%d", pair))
					if n, _ := strconv.ParseInt(string(a), 10, 64); err == nil && (string(a) != string(b) || n < least) {
						err = fmt.Errorf("pair %d is %s and %s, and was %d before", pair, a, b, least)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

// What a caller does with a value that it was given is its own affair.
func TestCachedValuesAreCopies(t *testing.T) {
	s := openMem(t)
	defer s.Close()
	key := []byte("k")
	if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("k")}, func(tx meta.Tx) error { return tx.Put(key, []byte("value")) }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := s.View(t.Context(), func(rows meta.Snapshot) error {
			value, err := rows.Get(key)
			if string(value) != "value" {
				t.Errorf("read %q", value)
			}
			clear(value)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	value := make([]byte, maxCachedValue)
	for i := range 3 * cacheShards * cacheShardBytes / len(value) {
		c.put(0, []byte(strconv.Itoa(i)), value[:len(value)-i%7])
	}
	c.put(0, []byte("long"), make([]byte, maxCachedValue+1))
	if _, ok := c.get(0, []byte("long")); ok {
		t.Error("a value longer than all others is cached")
	}
	for i := range c.shards {
		s, held := &c.shards[i], 0
		for key, value := range s.rows {
			held += len(key) + len(value) + cachedRowCost
		}
		if held != s.bytes || held > cacheShardBytes || held < cacheShardBytes/2 {
			t.Errorf("shard %d holds %d bytes, counts %d, may hold %d", i, held, s.bytes, cacheShardBytes)
		}
	}
}

// A snapshot that is older than a commit reads nothing from the cache any more, and one
// that is made while a commit becomes visible never does.
func TestOldSnapshotsAreNotCached(t *testing.T) {
	s := openMem(t).(*Store)
	defer s.Close()
	put := func(value string) {
		if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("k")}, func(tx meta.Tx) error { return tx.Put([]byte("k"), []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	read := func(rows meta.Snapshot, want string) {
		if got, err := rows.Get([]byte("k")); err != nil || string(got) != want {
			t.Errorf("read %q, %v; want %q", got, err, want)
		}
	}
	put("old")
	err := s.View(t.Context(), func(before meta.Snapshot) error {
		read(before, "old")
		put("new")
		return s.View(t.Context(), func(after meta.Snapshot) error {
			read(after, "new") // now this is what the cache has
			read(before, "old")
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}

	batch := s.db.NewBatch()
	defer batch.Close()
	if err := s.snapshots.begin(batch); err != nil {
		t.Fatal(err)
	}
	s.snapshots.mu.Lock()
	s.snapshots.current = nil // as after the commit before
	s.snapshots.mu.Unlock()
	during := s.snapshots.acquire()
	if during.rows != nil {
		t.Error("a snapshot of a commit that is becoming visible is cached")
	}
	s.snapshots.release(during)
	s.snapshots.end()
	s.snapshots.tidy()
	after := s.snapshots.acquire()
	if after == during || after.rows == nil {
		t.Error("the snapshot lives on after the commit, or the next is not cached either")
	}
	s.snapshots.release(after)
}
