package main

import (
	"context"
	"fmt"
	"os"
)

// startup measures servers that do nothing yet: with a directory that they have
// to make, and with one that is there.
func startup(ctx context.Context, o options, r *report) error {
	var first, again, idle []float64
	for range o.rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := startServer(o.server)
		if err != nil {
			return err
		}
		memory, err := s.residentMB()
		first, idle = append(first, s.startup.Seconds()*1000), append(idle, memory)
		s.stop()
		if err == nil {
			err = s.start()
		}
		again = append(again, s.startup.Seconds()*1000)
		s.remove()
		if err != nil {
			return err
		}
	}
	program, err := os.Stat(o.server)
	if err != nil {
		return err
	}
	t := table{title: fmt.Sprintf("A server that does nothing yet, medians of %d starts", o.rounds), columns: []string{"", ""}}
	for _, f := range []struct {
		what, unit, bound string
		found, most       float64
	}{
		{"first start to first answer", " ms", "≤ 100 ms", median(first), 100},
		{"later start to first answer", " ms", "≤ 100 ms", median(again), 100},
		{"idle memory", " MB", "≤ 60 MB", median(idle), 60},
		{"binary", " MB", "≤ 40 MB", float64(program.Size()) / 1e6, 40},
	} {
		t.rows = append(t.rows, []string{f.what, figure(f.found) + f.unit})
		r.budget(f.what, f.bound, figure(f.found)+f.unit, f.found <= f.most)
	}
	r.add(t)
	return nil
}
