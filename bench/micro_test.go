package main

import (
	"slices"
	"testing"
)

func TestParseBenchmarks(t *testing.T) {
	found, err := parseBenchmarks([]byte(`goos: linux
pkg: ossd/access
BenchmarkOpen/plain-2   	  100	      1500 ns/op	 638.0 chars	    1042 B/op	      15 allocs/op
BenchmarkOpen/plain-2   	  100	      1700 ns/op	 638.0 chars	    1042 B/op	      15 allocs/op
BenchmarkOpen/a-b 	  100	      20.5 ns/op	       0 B/op	       0 allocs/op
PASS
`))
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	if f := found[0]; f.name != "Open/plain" || !slices.Equal(f.ns, []float64{1500, 1700}) || !slices.Equal(f.bytes, []float64{1042, 1042}) || !slices.Equal(f.allocs, []float64{15, 15}) {
		t.Errorf("%+v", f)
	}
	if f := found[1]; f.name != "Open/a-b" || !slices.Equal(f.ns, []float64{20.5}) {
		t.Errorf("%+v", f)
	}
}

func TestParseBenchmarksWantsSome(t *testing.T) {
	for _, out := range []string{"", "PASS\nok  \tossd/access\t0.01s\n", "BenchmarkX-2 100 many ns/op\n"} {
		if found, err := parseBenchmarks([]byte(out)); err == nil {
			t.Errorf("%q: %+v, want an error", out, found)
		}
	}
}
