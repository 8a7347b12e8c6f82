package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// kind is one thing that is measured.
type kind struct {
	name     string
	process  *process
	requests []request
}

// measured is what the rounds found of one kind.
type measured struct {
	kind
	results []result
}

// rounds measures all kinds in turn, so that what else the machine does falls
// on all alike.
func rounds(ctx context.Context, n int, kinds []kind, e extent) ([]measured, error) {
	all := make([]measured, len(kinds))
	for range n {
		for i, k := range kinds {
			r, err := load(ctx, k.process, k.requests, e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k.name, err)
			}
			all[i].kind = k
			all[i].results = append(all[i].results, r)
		}
	}
	return all, nil
}

// rate is in requests a second, the median of the rounds.
func (m *measured) rate() float64 { return m.median(func(r result) float64 { return r.rate }) }

// cpu is in microseconds of the server's CPU time a request.
func (m *measured) cpu() float64 { return m.median(func(r result) float64 { return r.cpu }) }

func (m *measured) median(of func(result) float64) float64 {
	var v []float64
	for _, r := range m.results {
		v = append(v, of(r))
	}
	return median(v)
}

// median is of at least one number.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// percentiles are the columns that latencies, their cells, take in a table.
var percentiles = []string{"p50 ms", "p99 ms", "p99.9 ms"}

// latencies are medians of the rounds' percentiles; a dash stands where a round is too short for one.
func (m *measured) latencies() (cells []string) {
	for _, share := range []float64{0.5, 0.99, 0.999} {
		known := true
		ms := m.median(func(r result) float64 {
			d, ok := r.latency.quantile(share)
			known = known && ok
			return float64(d) / float64(time.Millisecond)
		})
		if known {
			cells = append(cells, figure(ms))
		} else {
			cells = append(cells, "–")
		}
	}
	return cells
}
