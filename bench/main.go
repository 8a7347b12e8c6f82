// Command bench measures a running ossd beside a bare net/http handler that
// serves bytes of the same size, in one run on one machine, and prints ratios. It speaks the
// public API like any client and knows nothing of the server's inside.
//
// Both servers are processes of their own, so that their CPU time can be told
// from the load generator's. All traffic stays on loopback and is bounded in
// connections and time.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"time"
)

type options struct {
	server      string
	objects     int
	size        int
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
	flag.IntVar(&o.objects, "objects", 10_000, "objects to read")
	flag.IntVar(&o.size, "size", 4096, "bytes of an object")
	flag.IntVar(&o.connections, "connections", 32, "connections at once")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "time of one measurement")
	flag.IntVar(&o.rounds, "rounds", 5, "measurements of each kind; the median counts")
	flag.Parse()
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.stop()
	idle, err := s.residentMB()
	if err != nil {
		return err
	}
	size, err := os.Stat(o.server)
	if err != nil {
		return err
	}
	fmt.Printf("start to first answer %8.0f ms\nidle memory           %8.1f MB\nbinary                %8.1f MB\n\n",
		s.startup.Seconds()*1000, idle, float64(size.Size())/1e6)

	b, err := startBare(o.size)
	if err != nil {
		return err
	}
	defer b.stop()

	puts, err := s.fill(o)
	if err != nil {
		return err
	}
	fmt.Printf("%-34s %10s %14s\n", "", "requests/s", "server µs CPU")
	fmt.Printf("%-34s %10.0f %14.1f\n\n", fmt.Sprintf("PUT %d B, %d connections", o.size, o.connections), puts.rate, puts.cpu)

	kinds := []kind{
		{"bare net/http", b.process, b.requests()},
		{"signed-URL GET, V1", s.process, s.requests(o, "v1")},
		{"signed-URL GET, V4", s.process, s.requests(o, "v4")},
	}
	results := make([][]result, len(kinds))
	for range o.rounds {
		for i, k := range kinds { // interleaved, so that what else the machine does falls on all alike
			r, err := load(k.process, k.requests, o.connections, o.duration)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			results[i] = append(results[i], r)
		}
	}
	base := median(results[0], func(r result) float64 { return r.cpu })
	fmt.Printf("%-34s %10s %14s %8s\n", fmt.Sprintf("GET %d B, median of %d", o.size, o.rounds), "requests/s", "server µs CPU", "ratio")
	for i, k := range kinds {
		cpu := median(results[i], func(r result) float64 { return r.cpu })
		fmt.Printf("%-34s %10.0f %14.1f %8.2f\n", k.name, median(results[i], func(r result) float64 { return r.rate }), cpu, cpu/base)
	}
	after, err := s.residentMB()
	if err != nil {
		return err
	}
	fmt.Printf("\nmemory after the load %8.1f MB\n", after)
	return nil
}

// kind is one thing that is measured.
type kind struct {
	name     string
	process  *process
	requests [][]byte
}

func median(rs []result, of func(result) float64) float64 {
	var v []float64
	for _, r := range rs {
		v = append(v, of(r))
	}
	slices.Sort(v)
	return v[len(v)/2]
}
