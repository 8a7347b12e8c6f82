package pebble

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

const (
	cacheShards     = 64
	cacheShardBytes = 512 << 10 // of keys, values and what each row costs beside them
	maxCachedValue  = 4 << 10
	cachedRowCost   = 112 // bytes: headers of string and slice, the map's slot, rounding of sizes
)

// cache keeps rows that Views have read, as they are now. A Get in Pebble seeks in every
// memtable and table that may hold the row; those of one request were a tenth of its time.
//
// A row is what it was for a snapshot as long as the snapshot's epoch is the
// cache's. Every commit ends an epoch before it becomes visible, and takes the rows that it
// writes out of the cache; nothing is cached until it is visible.
type cache struct {
	epoch  atomic.Uint64
	seed   maphash.Seed
	shards [cacheShards]cacheShard
}

type cacheShard struct {
	mu    sync.RWMutex
	rows  map[string][]byte
	bytes int
}

func newCache() *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].rows = map[string][]byte{}
	}
	return c
}

func (c *cache) shard(key []byte) *cacheShard {
	return &c.shards[maphash.Bytes(c.seed, key)%cacheShards]
}

// get returns a copy of the row's value in an epoch.
func (c *cache) get(epoch uint64, key []byte) ([]byte, bool) {
	s := c.shard(key)
	s.mu.RLock()
	value, ok := s.rows[string(key)]
	// With the lock still held: a row that a later epoch put here comes after its removal.
	ok = ok && c.epoch.Load() == epoch
	s.mu.RUnlock()
	if !ok {
		return nil, false
	}
	return append(make([]byte, 0, len(value)), value...), true
}

// put keeps a copy of a row that was read in an epoch, if it has not ended.
func (c *cache) put(epoch uint64, key, value []byte) {
	if len(value) > maxCachedValue || c.epoch.Load() != epoch {
		return
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.rows[string(key)]; ok || c.epoch.Load() != epoch {
		return
	}
	for old := range s.rows { // in no order: which ones go hardly matters
		if s.bytes+sizeOf(string(key), value) <= cacheShardBytes {
			break
		}
		s.remove(old)
	}
	s.rows[string(key)] = append([]byte(nil), value...)
	s.bytes += sizeOf(string(key), value)
}

func sizeOf(key string, value []byte) int { return len(key) + len(value) + cachedRowCost }

// remove must be called with mu held.
func (s *cacheShard) remove(key string) {
	if value, ok := s.rows[key]; ok {
		s.bytes -= sizeOf(key, value)
		delete(s.rows, key)
	}
}

// advance ends the epoch and removes the rows that a batch writes.
func (c *cache) advance(batch *pebble.Batch) error {
	c.epoch.Add(1)
	for rows := batch.Reader(); ; {
		_, key, _, ok, err := rows.Next()
		if !ok || err != nil {
			return err
		}
		s := c.shard(key)
		s.mu.Lock()
		s.remove(string(key))
		s.mu.Unlock()
	}
}
