package main

import (
	"net/http"
	"testing"
	"time"
)

// Kinds take turns: what else the machine does must fall on all of them.
func TestRounds(t *testing.T) {
	a, b := newTarget(t, http.StatusOK), newTarget(t, http.StatusOK)
	results, err := rounds(t.Context(), 3, []kind{{"a", a.process, numbered(2)}, {"b", b.process, numbered(5)}}, extent{connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || results[0].name != "a" || len(results[0].results) != 3 || len(results[1].results) != 3 {
		t.Fatalf("%+v", results)
	}
	if a.seen["/0 body"] != 3 || len(a.seen) != 2 || b.seen["/4 body"] != 3 {
		t.Errorf("a saw %v, b %v", a.seen, b.seen)
	}
}

func TestMedians(t *testing.T) {
	var m measured
	for _, ms := range []int{9, 1, 5} {
		h := &histogram{}
		for range 200 {
			h.add(time.Duration(ms) * time.Millisecond)
		}
		m.results = append(m.results, result{rate: float64(10 * ms), cpu: float64(ms), latency: h})
	}
	if m.rate() != 50 || m.cpu() != 5 {
		t.Errorf("rate %v, cpu %v, want the medians 50 and 5", m.rate(), m.cpu())
	}
	got := m.latencies()
	if len(got) != len(percentiles) || got[0] != got[1] || got[2] != "–" || got[0] != "5.11" {
		t.Errorf("latencies %q, want the end of the bucket of 5 ms, and none where 200 requests are too few", got)
	}
}

func TestSharing(t *testing.T) {
	counters, err := syncCounters([]byte("# HELP ossd_syncs_total …\nossd_syncs_total{of=\"contents\"} 12\nossd_syncs_total{of=\"rows\"} 1.2e+01\nossd_requests_total{api=\"oss\"} 7\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := sharing{puts: 240, syncs: counters}
	if h.of("contents") != "20.0" || h.of("rows") != "20.0" || h.of("") != "10.0" || h.of("nothing") != "–" {
		t.Errorf("%v: %s, %s, %s, %s", counters, h.of("contents"), h.of("rows"), h.of(""), h.of("nothing"))
	}
	if _, err := syncCounters([]byte("ossd_syncs_total{of=\"rows\"} many\n")); err == nil {
		t.Error("a counter without a number was taken")
	}
}
