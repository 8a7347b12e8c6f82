package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"ossd/protocol/signature"
)

const (
	smallBucket = "bench-small"
	smallSize   = 4 << 10
)

// small measures objects of 4 KiB: every way to sign a GET, beside servers that
// know no signatures.
func small(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	content, err := random(smallSize)
	if err != nil {
		return err
	}
	kinds, end, err := plainKinds(o, content, o.objects)
	defer end()
	if err != nil {
		return err
	}
	gets, put, err := s.smallKinds(ctx, o, content, "")
	if err != nil {
		return err
	}
	kinds, puts := append(kinds, gets...), []kind{put}
	if o.against != "" {
		other, err := startServer(o.against)
		if err != nil {
			return err
		}
		defer other.remove()
		gets, put, err := other.smallKinds(ctx, o, content, ", against")
		if err != nil {
			return err
		}
		kinds, puts = append(kinds, gets...), append(puts, put)
	}
	e := extent{connections: o.connections, duration: o.duration}
	results, err := rounds(ctx, o.rounds, kinds, e)
	if err != nil {
		return err
	}
	written, err := rounds(ctx, o.rounds, puts, e) // not in turn: flushes and compactions go on for a while
	if err != nil {
		return err
	}
	return r.addSmall(o, s, append(results, written...))
}

// plainKinds are the servers beside ours that need no signature: the first is the bare handler.
func plainKinds(o options, content []byte, objects int) (kinds []kind, end func(), err error) {
	var ends []func()
	end = func() {
		for _, f := range ends {
			f()
		}
	}
	b, err := startBare(len(content))
	if err != nil {
		return nil, end, err
	}
	ends = append(ends, b.stop)
	kinds = append(kinds, kind{bareName, b, []request{plainGet(b, "/"+smallKey(0))}})
	program := findNginx(o)
	if program == "" {
		return kinds, end, nil
	}
	n, err := startNginx(program, content, objects)
	if err != nil {
		return nil, end, err
	}
	ends = append(ends, n.remove)
	k := kind{name: nginxName, process: n.process}
	for i := range objects {
		k.requests = append(k.requests, plainGet(n.process, "/"+smallKey(i)))
	}
	return append(kinds, k), end, nil
}

const (
	bareName  = "bare net/http"
	nginxName = "nginx"
)

// smallKinds makes the objects, warms up what reads them, and returns what is
// measured of them. What put puts replaces what was there.
func (s *ossd) smallKinds(ctx context.Context, o options, content []byte, suffix string) (gets []kind, put kind, err error) {
	if err := s.bucket(smallBucket); err != nil {
		return nil, put, err
	}
	put = kind{"PUT, V4 URL" + suffix, s.process, s.objects(signature.V4URL, s.cred, "PUT", smallBucket, o.objects, content)}
	if _, err := load(ctx, s.process, put.requests, extent{connections: o.connections}); err != nil {
		return nil, put, err
	}
	if err := s.role(); err != nil {
		return nil, put, err
	}
	user, err := s.user("reader")
	if err != nil {
		return nil, put, err
	}
	session, err := s.session(user)
	if err != nil {
		return nil, put, err
	}
	get := func(name string, scheme signature.Scheme, cred signature.Credentials) kind {
		return kind{name + suffix, s.process, s.objects(scheme, cred, "GET", smallBucket, o.objects, nil)}
	}
	gets = []kind{
		get("GET, V1 URL", signature.V1URL, s.cred),
		get("GET, V4 URL", signature.V4URL, s.cred),
		get("GET, V1 header", signature.V1Header, s.cred),
		get("GET, V4 header", signature.V4Header, s.cred),
		get("GET, V4 URL of a session", signature.V4URL, session),
	}
	return gets, put, gets[0].warm(ctx, o.connections)
}

// warm sends each request once to a server that has settled.
func (k *kind) warm(ctx context.Context, connections int) error {
	if err := k.process.settle(); err != nil {
		return err
	}
	_, err := load(ctx, k.process, k.requests, extent{connections: connections})
	return err
}

func (r *report) addSmall(o options, s *ossd, results []measured) error {
	t := table{
		title:   fmt.Sprintf("%d objects of 4 KiB, %d connections, medians of %d rounds", o.objects, o.connections, o.rounds),
		columns: append([]string{"", "requests/s", "server µs CPU", "CPU / bare"}, percentiles...),
	}
	base := results[0].cpu()
	for _, m := range results {
		ratio := m.cpu() / base
		t.rows = append(t.rows, append([]string{m.name, figure(m.rate()), figure(m.cpu()), figure(ratio)}, m.latencies()...))
		if m.name == "GET, V1 URL" || m.name == "GET, V4 URL" {
			r.budget("signed-URL "+strings.TrimSuffix(m.name, " URL")+", 4 KiB, "+fmt.Sprint(o.objects)+" keys, warm", "CPU ≤ 1.5 × bare net/http", figure(ratio)+" ×", ratio <= 1.5)
		}
	}
	after, err := s.residentMB()
	t.note = fmt.Sprintf("nginx has no log; ossd writes a record of each request. Its memory after the load: %.0f MB.", after)
	if findNginx(o) == "" {
		t.note += " " + noNginx
	}
	r.add(t)
	return err
}

func random(size int) ([]byte, error) {
	b := make([]byte, size)
	_, err := rand.Read(b)
	return b, err
}
