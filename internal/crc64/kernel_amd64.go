//go:build !purego

package crc64

import "golang.org/x/sys/cpu"

// hasKernel is a variable so that a test can do without.
var hasKernel = cpu.X86.HasPCLMULQDQ

// fold sets remainder to a block that is congruent to the message p that begins
// in a state. The length of p must be a multiple of a block, and a block for
// every lane at least.
//
//go:noescape
func fold(state uint64, p []byte, by *[4]uint64, remainder *[block]byte)
