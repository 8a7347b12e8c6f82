package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

// heapFloor is never touched, and so takes address space but no memory. It lets
// the collector wait for as much garbage again before it runs: what lives is some
// megabytes, after which a busy server would collect dozens of times a second.
const heapFloor = 32 << 20

// tuned runs serve with a heap floor, and writes a profile of the CPU time to a
// file if one is named; `make profile` hands such a profile to the compiler.
func tuned(profile string, serve func() error) error {
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	if profile == "" {
		return serve()
	}
	f, err := os.Create(profile)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return serve()
}
