//go:build !amd64 || purego

package crc64

const hasKernel = false

func fold(uint64, []byte, *[4]uint64, *[block]byte) { panic("crc64: no kernel") }
