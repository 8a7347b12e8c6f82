package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// microBenchmarks are those of the packages that take part in every request.
var microBenchmarks = []struct {
	pkg, pattern string
	budget       string  // the benchmark that one was set for; empty: none
	most         float64 // microseconds
	what         string
}{
	{"./protocol/signature", "^BenchmarkVerify$/v4-url|^BenchmarkVerify$/v1-url", "Verify/v4-url", 2, "V4 verification with a cached key"},
	{"./access", "^Benchmark(OpenToken|CredentialToken|CredentialPermanent|AssumeRole|AuthorizeThreePolicies)$", "OpenToken/plain", 1, "opening a token"},
	{"./access/policy", "^BenchmarkDecide$", "Decide/20_statements,_policy_allows", 2, "a decision over 20 statements"},
}

// micro runs benchmarks of Go packages, in the module that it is called in.
func micro(ctx context.Context, o options, r *report) error {
	t := table{title: "Parts of a request, `go test -bench`", columns: []string{"", "µs", "bytes", "allocations"}}
	for _, b := range microBenchmarks {
		cmd := exec.CommandContext(ctx, o.goTool, "test", "-run", "^$", "-bench", b.pattern, "-benchmem", "-benchtime", "200ms", "-count", strconv.Itoa(o.rounds), b.pkg)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w: %.2000s", b.pkg, err, out)
		}
		found, err := parseBenchmarks(out)
		if err != nil {
			return fmt.Errorf("%s: %w", b.pkg, err)
		}
		for _, f := range found {
			us := median(f.ns) / 1000
			t.rows = append(t.rows, []string{strings.TrimPrefix(b.pkg, "./") + " " + f.name, figure(us), figure(median(f.bytes)), figure(median(f.allocs))})
			if f.name == b.budget {
				r.budget(b.what, fmt.Sprintf("≤ %g µs", b.most), figure(us)+" µs", us <= b.most)
			}
		}
	}
	r.add(t)
	return nil
}

// benchmark is what the runs of one benchmark took for an operation.
type benchmark struct {
	name              string
	ns, bytes, allocs []float64
}

// parseBenchmarks reads lines like "BenchmarkX/y-2  100  12.5 ns/op  0 B/op  0 allocs/op",
// in which further pairs of value and unit may stand.
func parseBenchmarks(out []byte) (found []benchmark, err error) {
	for line := range bytes.Lines(out) {
		f := strings.Fields(string(line))
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			if _, err := strconv.Atoi(name[dash+1:]); err == nil {
				name = name[:dash]
			}
		}
		if len(found) == 0 || found[len(found)-1].name != name {
			found = append(found, benchmark{name: name})
		}
		b := &found[len(found)-1]
		for i := 2; i+1 < len(f); i += 2 {
			value, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			switch f[i+1] {
			case "ns/op":
				b.ns = append(b.ns, value)
			case "B/op":
				b.bytes = append(b.bytes, value)
			case "allocs/op":
				b.allocs = append(b.allocs, value)
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no benchmark in %.500q", out)
	}
	return found, nil
}
