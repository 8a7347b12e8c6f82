package crc64

import (
	"hash/crc64"
	"math/bits"
)

// Combine returns the checksum of a followed by b, given the checksum of each
// and the length of b in bytes.
//
// Appending n bytes to a multiplies its remainder by x^(8n) mod P, which is a
// product of the powers x^(8·2^i) for the bits of n; these are computed once.
func Combine(a, b uint64, length int64) uint64 {
	for n := uint64(length); n != 0; n &= n - 1 {
		a = multiply(a, powers[bits.TrailingZeros64(n)])
	}
	return a ^ b
}

// powers[i] is x^(8·2^i) mod P.
var powers = func() (p [64]uint64) {
	p[0] = power(8)
	for i := 1; i < len(p); i++ {
		p[i] = multiply(p[i-1], p[i-1])
	}
	return p
}()

// power returns x^n mod P.
func power(n int) uint64 {
	p := uint64(1) << 63
	for range n {
		p = timesX(p)
	}
	return p
}

// multiply returns a·b mod P.
func multiply(a, b uint64) (product uint64) {
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		b = timesX(b)
	}
	return product
}

// timesX returns a·x mod P.
func timesX(a uint64) uint64 {
	if a&1 == 0 {
		return a >> 1
	}
	return a>>1 ^ crc64.ECMA // x^64 is congruent to what else P has
}
