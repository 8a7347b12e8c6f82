package crashdisk

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var (
	seedFlag = flag.Uint64("crash.seed", 0, "seed of the one run that is to be repeated")
	runsFlag = flag.Int("crash.runs", 0, "runs of each crash test; 0: few")

	// Long asks for longer runs.
	Long = flag.Bool("crash.long", false, "make each run of a crash test longer")
)

// Runs calls test with some seeds, one after the other, and names that of a
// failure. What a test does should depend on its seed alone, as far as its
// goroutines allow:
//
//	go test ./engine/blob/segment -run Crash -crash.seed 123
func Runs(t *testing.T, few int, test func(t *testing.T, seed uint64)) {
	t.Helper()
	seed, runs := rand.Uint64(), few
	if *runsFlag != 0 {
		runs = *runsFlag
	}
	if *seedFlag != 0 {
		seed, runs = *seedFlag, 1
	}
	for run := range uint64(runs) {
		test(t, seed+run)
		if t.Failed() {
			t.Fatalf("repeat it with -crash.seed %d", seed+run)
		}
	}
}
