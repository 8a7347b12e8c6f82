package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
)

// heapFloor is never touched, and so takes address space but no memory. It lets
// the collector wait for as much garbage again before it runs: what lives is some
// megabytes, after which a busy server would collect dozens of times a second.
const heapFloor = 32 << 20

// tuned runs serve with a heap floor, and writes a profile of the CPU time into a
// directory if one is named. Handing such profiles to the compiler was tried, and
// gained nothing that could be told from noise.
func tuned(profiles string, serve func() error) error {
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	if profiles == "" {
		return serve()
	}
	f, err := os.Create(filepath.Join(profiles, strconv.Itoa(os.Getpid())+".pprof"))
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
