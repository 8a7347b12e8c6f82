package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"ossd/protocol/signature"
)

const durableBucket = "bench-durable"

// durablePuts measures puts of new objects of 4 KiB, and how many of them share a sync.
func durablePuts(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.bucket(durableBucket); err != nil {
		return err
	}
	content, err := random(smallSize)
	if err != nil {
		return err
	}
	t := table{
		title:   fmt.Sprintf("PUT of 4 KiB, new keys, medians of %d rounds", o.rounds),
		columns: append([]string{"writers", "puts/s", "server µs CPU", "puts/sync of contents", "puts/sync of rows", "puts/sync"}, percentiles...),
		note:    "Syncs are counted by the server (metric ossd_syncs_total). Each put waits for two: of its content, then of its row.",
	}
	for i, writers := range connectionCounts {
		m, shared, err := s.durableRounds(ctx, o, i, writers, content)
		if err != nil {
			return err
		}
		cells := []string{strconv.Itoa(writers), figure(m.rate()), figure(m.cpu()), shared.of("contents"), shared.of("rows"), shared.of("")}
		t.rows = append(t.rows, append(cells, m.latencies()...))
		if writers == 64 {
			r.budget("durable PUT of 4 KiB, 64 writers: puts per sync", "≥ 16 (80 % of 20)", shared.of(""), shared.per("") >= 16)
			r.budget("durable PUT of 4 KiB, 64 writers: CPU", "≤ 40 µs", figure(m.cpu())+" µs", m.cpu() <= 40)
		}
	}
	r.add(t)
	return nil
}

// durableRounds puts objects under keys that nothing was put under before. i tells such series apart.
func (s *ossd) durableRounds(ctx context.Context, o options, i, writers int, content []byte) (m measured, shared sharing, err error) {
	shared = sharing{syncs: map[string]float64{}}
	for round := range o.rounds {
		var puts []request
		for n := range o.objects {
			key := fmt.Sprintf("%d/%d/%s", i, round, smallKey(n))
			puts = append(puts, s.wire("PUT", s.sign(signature.V4URL, s.cred, "PUT", durableBucket, key, nil, nil), content))
		}
		before, err := s.syncs()
		if err != nil {
			return m, shared, err
		}
		result, err := load(ctx, s.process, puts, extent{connections: writers, duration: o.duration, requests: len(puts)})
		if err != nil {
			return m, shared, err
		}
		after, err := s.syncs()
		if err != nil {
			return m, shared, err
		}
		m.results = append(m.results, result)
		shared.puts += float64(result.latency.count)
		for of := range after {
			shared.syncs[of] += after[of] - before[of]
		}
	}
	return m, shared, nil
}

// sharing is how many puts and syncs there were.
type sharing struct {
	puts  float64
	syncs map[string]float64 // by what was synced
}

// per returns puts for each sync of one thing, or of anything if that is empty; 0 if there was none.
func (h *sharing) per(thing string) float64 {
	var syncs float64
	for of, n := range h.syncs {
		if thing == "" || of == thing {
			syncs += n
		}
	}
	if syncs == 0 {
		return 0
	}
	return h.puts / syncs
}

// of is per as a cell: a server that counts no syncs has a dash there.
func (h *sharing) of(thing string) string {
	if n := h.per(thing); n > 0 {
		return figure(n)
	}
	return "–"
}

// syncs reads the server's counters, by what was synced.
func (s *ossd) syncs() (map[string]float64, error) {
	r, err := http.NewRequest("GET", "http://"+s.address+"/-/metrics", nil)
	if err != nil {
		return nil, err
	}
	text, err := answer(r)
	if err != nil {
		return nil, err
	}
	return syncCounters(text)
}

// syncCounters finds them in the text format of Prometheus.
func syncCounters(text []byte) (map[string]float64, error) {
	counters := map[string]float64{}
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(`ossd_syncs_total{of="`))
		if !ok {
			continue
		}
		of, value, _ := bytes.Cut(rest, []byte(`"} `))
		n, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
		if err != nil {
			return nil, fmt.Errorf("metric %q: %w", line, err)
		}
		counters[string(of)] = n
	}
	return counters, nil
}
