package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"ossd/protocol/signature"
)

const (
	sizesBucket = "bench-sizes"
	oursName    = "ossd, V4 URL"
)

// objectSize is one of the sizes that are measured.
type objectSize struct {
	name    string
	bytes   int
	objects int // so many that they stay in the page cache
}

var objectSizes = []objectSize{{"4 KiB", 4 << 10, 4000}, {"64 KiB", 64 << 10, 1000}, {"1 MiB", 1 << 20, 64}, {"64 MiB", 64 << 20, 2}}

// isLarge tells which sizes are measured by the byte, not by the request.
func (z *objectSize) isLarge() bool { return z.bytes >= 1<<20 }

var connectionCounts = []int{1, 16, 64}

// sizes measures objects of several sizes, read and written over several numbers of connections.
func sizes(ctx context.Context, o options, r *report) error {
	for _, z := range objectSizes {
		if err := z.measure(ctx, o, r); err != nil {
			return fmt.Errorf("%s: %w", z.name, err)
		}
	}
	return nil
}

// measure does so with servers of its own, so that no other size's remains are in the way.
func (z *objectSize) measure(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	content, err := random(z.bytes)
	if err != nil {
		return err
	}
	if err := s.bucket(sizesBucket); err != nil {
		return err
	}
	puts := s.objects(signature.V4URL, s.cred, "PUT", sizesBucket, z.objects, content)
	if _, err := load(ctx, s.process, puts, extent{connections: 2}); err != nil {
		return err
	}
	if err := z.gets(ctx, o, r, s, content); err != nil {
		return err
	}
	return z.puts(ctx, o, r, s, puts)
}

// gets measures reading, beside nginx and the bare handler.
func (z *objectSize) gets(ctx context.Context, o options, r *report, s *ossd, content []byte) error {
	kinds, end, err := plainKinds(o, content, z.objects)
	defer end()
	if err != nil {
		return err
	}
	ours := kind{oursName, s.process, s.objects(signature.V4URL, s.cred, "GET", sizesBucket, z.objects, nil)}
	if err := ours.warm(ctx, 2); err != nil {
		return err
	}
	kinds = append(kinds, ours)
	for _, k := range kinds[1:] { // the bare handler has bytes of its own
		if err := k.serves(content); err != nil {
			return err
		}
	}
	t := z.table("GET of "+z.name+fmt.Sprintf(", medians of %d rounds", o.rounds), "rate / nginx", "CPU / nginx")
	for _, connections := range connectionCounts {
		if int64(connections*z.bytes) > 4*o.bytes {
			t.note = fmt.Sprintf("%d connections are left out, to spare time. ", connections)
			continue
		}
		for _, k := range kinds {
			if err := k.process.resetPeak(); err != nil {
				return err
			}
		}
		results, err := rounds(ctx, o.rounds, kinds, extent{connections: connections, duration: o.duration})
		if err != nil {
			return err
		}
		if err := z.addGets(r, &t, connections, results); err != nil {
			return err
		}
	}
	if findNginx(o) == "" {
		t.note += noNginx
	}
	r.add(t)
	return nil
}

func (z *objectSize) addGets(r *report, t *table, connections int, results []measured) error {
	var base *measured
	for i := range results {
		if results[i].name == nginxName {
			base = &results[i]
		}
	}
	for _, m := range results {
		cells, err := z.cells(&m, connections)
		if err != nil {
			return err
		}
		rate, cpu := "–", "–"
		if base != nil {
			rate, cpu = figure(m.rate()/base.rate()), figure(m.cpu()/base.cpu())
		}
		t.rows = append(t.rows, append(cells, rate, cpu))
		if base != nil && z.bytes == 64<<20 && m.name == oursName {
			ratio := m.rate() / base.rate()
			r.budget(fmt.Sprintf("GET of 64 MiB, over %d at once", connections), "≥ 90 % of nginx", figure(100*ratio)+" %", ratio >= 0.9)
		}
	}
	return nil
}

// puts measures writing. nginx has no PUT that syncs, so there is nothing to compare it with.
func (z *objectSize) puts(ctx context.Context, o options, r *report, s *ossd, puts []request) error {
	t := z.table("PUT of " + z.name + fmt.Sprintf(", medians of %d rounds", min(o.rounds, largeRounds)))
	t.note = "Every PUT is synced before it is answered. nginx is not here: its PUT is not."
	for _, connections := range connectionCounts {
		// What is replaced stays on the disk for a while.
		if int64(connections*z.bytes) > o.bytes {
			t.note += fmt.Sprintf(" %d connections are left out, to spare the disk.", connections)
			continue
		}
		if err := s.resetPeak(); err != nil {
			return err
		}
		before, err := s.residentMB()
		if err != nil {
			return err
		}
		results, err := rounds(ctx, min(o.rounds, largeRounds), []kind{{oursName, s.process, puts}},
			extent{connections: connections, duration: o.duration, requests: max(connections, int(o.bytes/int64(z.bytes)))})
		if err != nil {
			return err
		}
		cells, err := z.cells(&results[0], connections)
		if err != nil {
			return err
		}
		t.rows = append(t.rows, cells)
		if peak, err := s.peakMB(); err != nil {
			return err
		} else if z.isLarge() && connections == 16 {
			each := (peak - before) / float64(connections)
			r.budget("memory of each of 16 PUTs of "+z.name, "≤ 1.05 MB (1 MiB)", figure(each)+" MB", each <= 1.05)
		}
	}
	r.add(t)
	return nil
}

func (z *objectSize) table(title string, further ...string) table {
	unit := "server µs CPU"
	if z.isLarge() {
		unit = "server s CPU/GiB"
	}
	columns := append([]string{"", "connections", "requests/s", "MB/s", unit}, percentiles...)
	return table{title: title, columns: append(append(columns, "RSS, most MB"), further...)}
}

func (z *objectSize) cells(m *measured, connections int) ([]string, error) {
	cpu := m.cpu()
	if z.isLarge() {
		cpu = cpu / 1e6 / float64(z.bytes) * (1 << 30)
	}
	peak, err := m.process.peakMB()
	cells := []string{m.name, strconv.Itoa(connections), figure(m.rate()), figure(m.rate() * float64(z.bytes) / 1e6), figure(cpu)}
	return append(append(cells, m.latencies()...), figure(peak)), err
}

// serves checks that the first request is answered with a content.
func (k *kind) serves(content []byte) error {
	line, _, _ := bytes.Cut(k.requests[0].head, []byte("\r\n"))
	target := bytes.Fields(line)[1]
	r, err := http.NewRequest("GET", "http://"+k.process.address+string(target), nil)
	if err != nil {
		return err
	}
	got, err := answer(r)
	if err == nil && !bytes.Equal(got, content) {
		err = fmt.Errorf("%s serves other bytes than those that were stored", k.name)
	}
	return err
}
