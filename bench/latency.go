package main

import (
	"math/bits"
	"time"
)

// histogram counts latencies in buckets whose width is a 32nd of their value,
// so that a quantile is at most 3 % off, in fixed memory and without sorting.
type histogram struct {
	count   int64
	buckets [60 * subBuckets]int64
}

const subBuckets = 32 // of each power of two

// bucket returns where a number of nanoseconds is counted. Below 64 each has a bucket of its own.
func bucket(ns uint64) int {
	shift := max(0, bits.Len64(ns)-6) // leaves six bits, the first of which is set
	return shift*subBuckets + int(ns>>shift)
}

// most is the greatest number that a bucket counts.
func most(bucket int) uint64 {
	shift := max(0, bucket/subBuckets-1)
	return (uint64(bucket-shift*subBuckets)+1)<<shift - 1
}

func (h *histogram) add(d time.Duration) {
	h.count++
	h.buckets[min(bucket(uint64(max(0, d))), len(h.buckets)-1)]++
}

func (h *histogram) merge(other *histogram) {
	h.count += other.count
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
}

// quantile returns the latency that a share of all did not exceed, and false if
// there are too few for it: beyond the 99.9th percentile lies one of a thousand.
func (h *histogram) quantile(share float64) (time.Duration, bool) {
	if beyond := float64(h.count) * (1 - share); h.count == 0 || share > 0.5 && beyond < 0.9995 {
		return 0, false
	}
	want := int64(float64(h.count)*share + 0.5)
	var seen int64
	for i, n := range h.buckets {
		if seen += n; seen >= max(1, want) {
			return time.Duration(most(i)), true
		}
	}
	return 0, false
}
