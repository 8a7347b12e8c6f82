// Package crc64 computes CRC-64/XZ, that of hash/crc64 with the ECMA polynomial,
// several times as fast where the processor multiplies polynomials, and joins
// checksums without their bytes. It knows nothing of what is checked, nor of
// other polynomials.
//
// # Polynomials
//
// A checksum is a polynomial over GF(2) modulo P, the ECMA polynomial of degree
// 64, reflected: the coefficient of x^0 lies in the highest bit. So do bytes: the
// first bit of a message, the lowest of its first byte, has the highest degree.
// A message M of n bytes that begins in state s, which is added to its first 64
// bits, ends in state M·x^64 mod P; a checksum is a state with its bits inverted,
// before and after.
package crc64

import "hash/crc64"

var table = crc64.MakeTable(crc64.ECMA)

// Checksum returns the checksum of p.
func Checksum(p []byte) uint64 { return Update(0, p) }

// Update returns the checksum of a message followed by p, given that of the message.
func Update(crc uint64, p []byte) uint64 {
	if !hasKernel || len(p) < kernelMin {
		return crc64.Update(crc, table, p)
	}
	whole := len(p) &^ (block - 1)
	var remainder [block]byte
	fold(^crc, p[:whole], &foldBy, &remainder)
	// What is congruent to the message leaves the same state. It begins in state
	// 0, since crc was folded in with the first bytes.
	crc = crc64.Update(^uint64(0), table, remainder[:])
	return crc64.Update(crc, table, p[whole:])
}
