package pebble

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/engine/meta"
)

// A checkpoint that is made while rows are written has every commit that had been
// acknowledged before, and opens by itself.
func TestCheckpointHasWhatWasAcknowledged(t *testing.T) {
	const writers, rounds = 8, 30
	dir := t.TempDir()
	s, err := Open(Config{Dir: filepath.Join(dir, "rows"), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var acked [writers]atomic.Uint64
	var stop atomic.Bool
	var running sync.WaitGroup
	defer func() { stop.Store(true); running.Wait() }()
	for w := range writers {
		key := fmt.Sprint("writer ", w)
		running.Go(func() {
			value := make([]byte, 2000) // so that there are many logs
			for n := uint64(1); !stop.Load(); n++ {
				binary.BigEndian.PutUint64(value, n)
				if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive(key)}, func(tx meta.Tx) error { return tx.Put([]byte(key), value) }); err != nil {
					t.Error(err)
					return
				}
				acked[w].Store(n)
			}
		})
	}
	for round := range rounds {
		var before [writers]uint64
		for sum := uint64(0); sum < uint64(50*(round+1)) && !t.Failed(); {
			sum = 0
			for w := range acked {
				before[w] = acked[w].Load()
				sum += before[w]
			}
		}
		to := filepath.Join(dir, fmt.Sprint("checkpoint ", round))
		if err := s.Checkpoint(to); err != nil {
			t.Fatal(err)
		}
		wantRows(t, to, before[:])
	}
}

// wantRows opens a checkpoint in which each writer's row must be at least what it was.
func wantRows(t *testing.T, dir string, least []uint64) {
	t.Helper()
	c, err := Open(Config{Dir: dir, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.View(t.Context(), func(rows meta.Snapshot) error {
		for w, want := range least {
			if want == 0 {
				continue
			}
			value, err := rows.Get(fmt.Append(nil, "writer ", w))
			if err != nil {
				return err
			}
			if got := binary.BigEndian.Uint64(value); got < want {
				t.Errorf("%s: writer %d has %d, and %d was acknowledged", dir, w, got, want)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
