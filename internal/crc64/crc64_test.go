package crc64

import (
	"bytes"
	"fmt"
	"hash/crc64"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
func TestCheckValue(t *testing.T) {
	if got := Checksum([]byte("123456789")); got != 0x995dc9bbdf1939fa {
		t.Errorf("got %x, want 995dc9bbdf1939fa", got)
	}
}

// Every length around those at which a kernel begins, takes turns in lanes, and
// leaves a tail, and at every alignment.
func TestLengthsAndAlignments(t *testing.T) {
	memory := random(rand.New(rand.NewPCG(1, 2)), 4096+block)
	for length := 0; length <= 4096; length++ {
		p := memory[length%block:][:length]
		if got, want := Checksum(p), crc64.Checksum(p, table); got != want {
			t.Fatalf("%d bytes: %x, want %x", length, got, want)
		}
	}
	for start := range block {
		p := memory[start:][:kernelMin+block]
		if got, want := Checksum(p), crc64.Checksum(p, table); got != want {
			t.Errorf("%d bytes behind a boundary: %x, want %x", start, got, want)
		}
	}
}

// From any checksum, however the bytes are cut.
func TestUpdate(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	memory := random(rng, 8192)
	for range 5000 {
		p := memory[rng.IntN(4096):][:rng.IntN(4097)]
		cut := rng.IntN(len(p) + 1)
		crc := rng.Uint64()
		want := crc64.Update(crc, table, p)
		if got := Update(crc, p); got != want {
			t.Fatalf("seed %d: %d bytes from %x: %x, want %x", seed, len(p), crc, got, want)
		}
		if got := Update(Update(crc, p[:cut]), p[cut:]); got != want {
			t.Fatalf("seed %d: %d bytes from %x, cut at %d: %x, want %x", seed, len(p), crc, cut, got, want)
		}
	}
}

// Nothing outside of p is read into the checksum, and p stays as it is.
func TestNeighboursDoNotCount(t *testing.T) {
	for _, length := range []int{kernelMin, kernelMin + 1, 1000, 4096} {
		var sums [2]uint64
		for i, neighbour := range []byte{0x00, 0xff} {
			memory := bytes.Repeat([]byte{neighbour}, length+2*block)
			p := memory[block : block+length]
			for j := range p {
				p[j] = byte(j)
			}
			before := bytes.Clone(memory)
			sums[i] = Checksum(p)
			if !bytes.Equal(before, memory) {
				t.Errorf("%d bytes: memory was changed", length)
			}
		}
		if sums[0] != sums[1] {
			t.Errorf("%d bytes: %x or %x, as the bytes beside them are", length, sums[0], sums[1])
		}
	}
}

// The constants of the kernels are those powers of x that remain when they are
// divided by P in whole, with a pencil as it were.
func TestFoldBy(t *testing.T) {
	// P as it is written, highest degree first; hash/crc64 has it reflected.
	p := new(big.Int).SetBit(new(big.Int).SetUint64(bits.Reverse64(crc64.ECMA)), 64, 1)
	if got := p.Text(16); got != "142f0e1eba9ea3693" { // ECMA-182
		t.Fatalf("P is %s", got)
	}
	remainder := func(degree int) uint64 {
		r := new(big.Int).SetBit(new(big.Int), degree, 1)
		for r.BitLen() > 64 {
			r.Xor(r, new(big.Int).Lsh(p, uint(r.BitLen()-65)))
		}
		return bits.Reverse64(r.Uint64())
	}
	for i, degree := range []int{512 + 63, 512 - 1, 128 + 63, 128 - 1} {
		if got, want := foldBy[i], remainder(degree); got != want {
			t.Errorf("x^%d mod P: %016x, want %016x", degree, got, want)
		}
	}
}

func FuzzUpdate(f *testing.F) {
	f.Add(uint64(0), []byte(nil), 0)
	f.Add(uint64(1), []byte("123456789"), 4)
	f.Add(^uint64(0), bytes.Repeat([]byte("0123456789abcdef"), 20), 129)
	f.Fuzz(func(t *testing.T, crc uint64, p []byte, cut int) {
		want := crc64.Update(crc, table, p)
		if got := Update(crc, p); got != want {
			t.Errorf("%x, want %x", got, want)
		}
		cut = min(max(cut, 0), len(p))
		head, tail := p[:cut], p[cut:]
		if got := Update(Update(crc, head), tail); got != want {
			t.Errorf("cut at %d: %x, want %x", cut, got, want)
		}
		if got := Combine(Update(crc, head), Checksum(tail), int64(len(tail))); got != want {
			t.Errorf("joined at %d: %x, want %x", cut, got, want)
		}
	})
}

func BenchmarkChecksum(b *testing.B) {
	for _, size := range []int{64, 128, 256, 4 << 10, 256 << 10} {
		p := random(rand.New(rand.NewPCG(1, 2)), size)
		for name, checksum := range map[string]func([]byte) uint64{
			"ours":       Checksum,
			"hash-crc64": func(p []byte) uint64 { return crc64.Checksum(p, table) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					checksum(p)
				}
			})
		}
	}
}
