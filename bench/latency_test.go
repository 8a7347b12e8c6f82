package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Buckets must cover every number once, in order, and be narrow.
func TestBuckets(t *testing.T) {
	var from uint64
	for b := range len(histogram{}.buckets) {
		to := most(b)
		if bucket(from) != b || bucket(to) != b {
			t.Fatalf("bucket %d is said to count %d to %d, which are counted in %d and %d", b, from, to, bucket(from), bucket(to))
		}
		if width := to - from; width > from/32 {
			t.Fatalf("bucket %d is %d wide at %d", b, width, from)
		}
		from = to + 1
	}
	if from != 0 {
		t.Errorf("the last bucket ends at %d, not at %d", from-1, uint64(math.MaxUint64))
	}
}

func TestQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	halves := []histogram{{}, {}}
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(math.Exp(rng.Float64() * 20)) // 1 ns to half a second
		all = append(all, d)
		halves[i%2].add(d)
	}
	slices.Sort(all)
	h := &halves[0]
	h.merge(&halves[1])
	for _, share := range []float64{0.01, 0.5, 0.99, 0.999} {
		got, ok := h.quantile(share)
		want := all[int(share*float64(len(all)))-1]
		if !ok || got < want || float64(got) > float64(want)*1.04 {
			t.Errorf("quantile %v is %v, %v; want %v or up to 3 %% more", share, got, ok, want)
		}
	}
}

// A percentile that has nothing beyond it would be the slowest request under another name.
func TestQuantileNeedsEnough(t *testing.T) {
	for _, c := range []struct {
		count int
		share float64
		ok    bool
	}{{0, 0.5, false}, {1, 0.5, true}, {99, 0.99, false}, {100, 0.99, true}, {999, 0.999, false}, {1000, 0.999, true}} {
		var h histogram
		for range c.count {
			h.add(time.Millisecond)
		}
		if _, ok := h.quantile(c.share); ok != c.ok {
			t.Errorf("quantile %v of %d: %v, want %v", c.share, c.count, ok, c.ok)
		}
	}
}
