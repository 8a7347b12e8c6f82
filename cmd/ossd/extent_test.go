//go:build !soak

package main

// streamed is the length of the object of TestLargeBodiesStream, in bytes.
const streamed = 256 << 20

// crashRounds is how often TestSIGKILL kills the server.
const crashRounds = 30
