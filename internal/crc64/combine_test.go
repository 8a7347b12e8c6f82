package crc64

import (
	"hash/crc64"
	"math/rand/v2"
	"testing"
)

func random(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// Joined checksums are those of the joined bytes, wherever they are cut.
func TestCombine(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		whole := random(rng, rng.IntN(5000))
		cut := rng.IntN(len(whole) + 1)
		a, b := whole[:cut], whole[cut:]
		got := Combine(crc64.Checksum(a, table), crc64.Checksum(b, table), int64(len(b)))
		if want := crc64.Checksum(whole, table); got != want {
			t.Fatalf("seed %d: %d bytes cut at %d: %d, want %d", seed, len(whole), cut, got, want)
		}
	}
}

// The check value of CRC-64/XZ, joined from single bytes.
func TestCombineCheckValue(t *testing.T) {
	var crc uint64
	for _, c := range []byte("123456789") {
		crc = Combine(crc, crc64.Checksum([]byte{c}, table), 1)
	}
	if crc != 0x995dc9bbdf1939fa {
		t.Errorf("got %x, want 995dc9bbdf1939fa", crc)
	}
}

func BenchmarkCombine(b *testing.B) {
	for b.Loop() {
		Combine(1, 2, 5<<30-1)
	}
}
