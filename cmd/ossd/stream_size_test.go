//go:build !soak

package main

// streamed is the length of the object of TestLargeBodiesStream, in bytes.
const streamed = 256 << 20
