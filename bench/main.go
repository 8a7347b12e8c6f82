// Command bench measures a running ossd and prints what it finds: small
// objects beside a bare net/http handler that serves bytes of the same size,
// listings of a million keys, large bodies beside crypto/md5 alone, and an
// upload of ten thousand parts. It speaks the public API like any client and
// knows nothing of the server's inside; program fill, which it starts to fill
// a bucket, does.
//
// Servers are processes of their own, so that their CPU time can be told
// from the load generator's. All traffic stays on loopback and is bounded in
// connections and time.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

type options struct {
	server      string
	against     string
	fill        string
	only        string
	objects     int
	size        int
	keys        int
	bytes       int64
	parts       int
	connections int
	duration    time.Duration
	rounds      int
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		bare() // the other process
		return
	}
	var o options
	flag.StringVar(&o.server, "server", "bin/ossd", "the program to measure")
	flag.StringVar(&o.against, "against", "", "another build of the program, to be measured beside it with small objects")
	flag.StringVar(&o.fill, "fill", "build/fill", "the program that fills a bucket: bench/fill")
	flag.StringVar(&o.only, "only", "", "measurements, as small,parts; default: all")
	flag.IntVar(&o.objects, "objects", 10_000, "objects to read")
	flag.IntVar(&o.size, "size", 4096, "bytes of an object")
	flag.IntVar(&o.keys, "keys", 1_000_000, "keys to list, at least 20000")
	flag.Int64Var(&o.bytes, "bytes", 1<<30, "bytes of a large object")
	flag.IntVar(&o.parts, "parts", 10_000, "parts of an upload, of 100 KiB each")
	flag.IntVar(&o.connections, "connections", 32, "connections at once")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "time of one measurement")
	flag.IntVar(&o.rounds, "rounds", 5, "measurements of each kind; the median counts")
	flag.Parse()
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	for _, section := range []struct {
		name    string
		measure func(options) error
	}{{"small", small}, {"listings", listings}, {"large", large}, {"parts", parts}} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), section.name) {
			continue
		}
		if err := section.measure(o); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
		fmt.Println()
	}
	return nil
}

// kind is one thing that is measured.
type kind struct {
	name     string
	process  *process
	requests []request
}

// rounds measures all kinds in turn, so that what else the machine does falls
// on all alike.
func rounds(o options, kinds []kind, connections int) ([][]result, error) {
	results := make([][]result, len(kinds))
	for range o.rounds {
		for i, k := range kinds {
			r, err := load(k.process, k.requests, connections, o.duration)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k.name, err)
			}
			results[i] = append(results[i], r)
		}
	}
	return results, nil
}

func median(rs []result, of func(result) float64) float64 {
	var v []float64
	for _, r := range rs {
		v = append(v, of(r))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func rate(r result) float64 { return r.rate }

func cpu(r result) float64 { return r.cpu }
