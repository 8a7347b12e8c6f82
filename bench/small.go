package main

import (
	"crypto/rand"
	"fmt"
	"os"

	"ossd/protocol/signature"
)

// small measures objects of a few kilobytes.
func small(o options) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
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

	puts, err := s.putSmall(o)
	if err != nil {
		return err
	}
	fmt.Printf("%-34s %10s %14s\n", "", "requests/s", "server µs CPU")
	fmt.Printf("%-34s %10.0f %14.1f\n\n", fmt.Sprintf("PUT %d B, %d connections", o.size, o.connections), puts.rate, puts.cpu)

	kinds := []kind{
		{"bare net/http", b.process, b.requests()},
		{"signed-URL GET, V1", s.process, s.getSmall(o, signature.V1URL)},
		{"signed-URL GET, V4", s.process, s.getSmall(o, signature.V4URL)},
	}
	results, err := rounds(o, kinds, o.connections)
	if err != nil {
		return err
	}
	base := median(results[0], cpu)
	fmt.Printf("%-34s %10s %14s %8s\n", fmt.Sprintf("GET %d B, median of %d", o.size, o.rounds), "requests/s", "server µs CPU", "ratio")
	for i, k := range kinds {
		c := median(results[i], cpu)
		fmt.Printf("%-34s %10.0f %14.1f %8.2f\n", k.name, median(results[i], rate), c, c/base)
	}
	after, err := s.residentMB()
	if err != nil {
		return err
	}
	fmt.Printf("\nmemory after the load %8.1f MB\n", after)
	return nil
}

const smallBucket = "bench-small"

func smallKey(i int) string { return fmt.Sprintf("objects/%02x/%08d.bin", i%256, i) }

func (s *ossd) getSmall(o options, scheme signature.Scheme) (requests []request) {
	for i := range o.objects {
		requests = append(requests, s.request(scheme, "GET", smallBucket, smallKey(i), nil, nil))
	}
	return requests
}

// putSmall makes the bucket and its objects, and measures that.
func (s *ossd) putSmall(o options) (result, error) {
	if err := s.do("PUT", smallBucket, "", nil, nil); err != nil {
		return result{}, err
	}
	content := make([]byte, o.size)
	if _, err := rand.Read(content); err != nil {
		return result{}, err
	}
	var puts []request
	for i := range o.objects {
		puts = append(puts, s.request(signature.V4URL, "PUT", smallBucket, smallKey(i), nil, content))
	}
	return load(s.process, puts, o.connections, 0)
}
