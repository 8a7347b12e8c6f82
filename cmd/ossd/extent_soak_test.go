//go:build soak

package main

const streamed = 5 << 30

const crashRounds = 250
