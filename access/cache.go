package access

import lru "github.com/hashicorp/golang-lru/v2"

// bounded is a cache of values that never go stale. When it is full, what was
// not used for longest gives way.
type bounded[K comparable, V any] struct{ lru *lru.Cache[K, V] }

func newBounded[K comparable, V any](size int) *bounded[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only a size below one does that
	}
	return &bounded[K, V]{c}
}

func (c *bounded[K, V]) get(key K) (V, bool) { return c.lru.Get(key) }
func (c *bounded[K, V]) put(key K, value V)  { c.lru.Add(key, value) }
func (c *bounded[K, V]) purge()              { c.lru.Purge() }

// generational is a cache of values that were read from rows. A value is good
// while the generation is the one that was current before it was read. Whoever
// read old rows, was overtaken by a change and stores late therefore stores
// something that is already stale.
type generational[K comparable, V any] struct {
	lru *lru.Cache[K, dated[V]]
}

type dated[V any] struct {
	generation uint64
	value      V
}

func newGenerational[K comparable, V any](size int) *generational[K, V] {
	return &generational[K, V]{newBounded[K, dated[V]](size).lru}
}

func (c *generational[K, V]) get(key K, generation uint64) (v V, ok bool) {
	e, ok := c.lru.Get(key)
	if !ok || e.generation != generation {
		return v, false
	}
	return e.value, true
}

// put must be given the generation that was current before value was read.
func (c *generational[K, V]) put(key K, generation uint64, value V) {
	c.lru.Add(key, dated[V]{generation, value})
}

func (c *generational[K, V]) purge() { c.lru.Purge() }
