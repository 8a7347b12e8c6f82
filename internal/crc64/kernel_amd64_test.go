//go:build !purego

package crc64

import (
	"hash/crc64"
	"math/rand/v2"
	"testing"
)

// A processor without the instruction gets the same checksums.
func TestWithoutKernel(t *testing.T) {
	defer func(has bool) { hasKernel = has }(hasKernel)
	hasKernel = false
	p := random(rand.New(rand.NewPCG(1, 2)), 1000)
	if got, want := Update(7, p), crc64.Update(7, table, p); got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

// What a kernel leaves is congruent to what it was given, whatever the number of
// blocks, down to the fewest, for which Update prefers tables.
func TestFold(t *testing.T) {
	if !hasKernel {
		t.Skip("this processor has no PCLMULQDQ")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for blocks := lanes; blocks <= 4*lanes; blocks++ {
		p, state := random(rng, blocks*block), rng.Uint64()
		var remainder [block]byte
		fold(state, p, &foldBy, &remainder)
		if got, want := crc64.Update(^uint64(0), table, remainder[:]), crc64.Update(^state, table, p); got != want {
			t.Errorf("%d blocks: %x, want %x", blocks, got, want)
		}
	}
}
