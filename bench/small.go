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
	kinds := []kind{{"bare net/http", b.process, b.requests()}}
	own, err := s.smallKinds(o, "")
	if err != nil {
		return err
	}
	kinds = append(kinds, own...)
	if o.against != "" {
		other, err := startServer(o.against)
		if err != nil {
			return err
		}
		defer other.remove()
		others, err := other.smallKinds(o, ", against")
		if err != nil {
			return err
		}
		kinds = append(kinds, others...)
	}
	results, err := rounds(o, kinds, o.connections)
	if err != nil {
		return err
	}
	base := median(results[0], cpu)
	fmt.Printf("%-34s %10s %14s %8s\n", fmt.Sprintf("%d B, median of %d", o.size, o.rounds), "requests/s", "server µs CPU", "ratio")
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

// smallKinds makes the objects and returns what is measured of them. What is
// put replaces what was there.
func (s *ossd) smallKinds(o options, suffix string) ([]kind, error) {
	if err := s.do("PUT", smallBucket, "", nil, nil); err != nil {
		return nil, err
	}
	content := make([]byte, o.size)
	if _, err := rand.Read(content); err != nil {
		return nil, err
	}
	all := func(method string, scheme signature.Scheme, body []byte) (requests []request) {
		for i := range o.objects {
			requests = append(requests, s.request(scheme, method, smallBucket, smallKey(i), nil, body))
		}
		return requests
	}
	puts := all("PUT", signature.V4URL, content)
	if _, err := load(s.process, puts, o.connections, 0); err != nil {
		return nil, err
	}
	return []kind{
		{"signed-URL GET, V1" + suffix, s.process, all("GET", signature.V1URL, nil)},
		{"signed-URL GET, V4" + suffix, s.process, all("GET", signature.V4URL, nil)},
		{"signed-URL PUT, V4" + suffix, s.process, puts},
	}, nil
}
