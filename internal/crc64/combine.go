// Package crc64 joins checksums of CRC-64/XZ, the ECMA polynomial of
// hash/crc64, without the bytes that they were computed from.
package crc64

import (
	"hash/crc64"
	"math/bits"
)

// Combine returns the checksum of a followed by b, given the checksum of each
// and the length of b in bytes.
//
// A checksum is a polynomial over GF(2) modulo the ECMA polynomial P. Appending
// n bytes to a multiplies its remainder by x^(8n) mod P, which is a product of
// the powers x^(8·2^i) for the bits of n; these are computed once.
func Combine(a, b uint64, length int64) uint64 {
	for n := uint64(length); n != 0; n &= n - 1 {
		a = multiply(a, powers[bits.TrailingZeros64(n)])
	}
	return a ^ b
}

// powers[i] is x^(8·2^i) mod P, the coefficient of x^0 in the highest bit.
var powers = func() (p [64]uint64) {
	p[0] = 1 << (63 - 8)
	for i := 1; i < len(p); i++ {
		p[i] = multiply(p[i-1], p[i-1])
	}
	return p
}()

// multiply returns a·b mod P.
func multiply(a, b uint64) (product uint64) {
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc64.ECMA
		}
	}
	return product
}
