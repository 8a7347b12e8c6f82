package main

import (
	"context"
	"fmt"
	"strconv"

	"ossd/protocol/signature"
)

const (
	// What the server remembers of nonces is bounded: 45,000 of a user and
	// 180,000 of an account within half an hour.
	stsUsers    = 4
	stsRequests = 150_000
)

// sts measures AssumeRole. Each request is signed with a nonce of its own before the measuring begins.
func sts(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.role(); err != nil {
		return err
	}
	var users []signature.Credentials
	for i := range stsUsers {
		user, err := s.user("user-" + strconv.Itoa(i))
		if err != nil {
			return err
		}
		users = append(users, user)
	}
	t := table{
		title:   fmt.Sprintf("AssumeRole, medians of %d rounds", o.rounds),
		columns: append([]string{"connections", "requests/s", "server µs CPU"}, percentiles...),
		note:    fmt.Sprintf("Of %d users in turn; each request was signed before, with a nonce of its own.", stsUsers),
	}
	n := min(o.objects, stsRequests/o.rounds/len(connectionCounts))
	for _, connections := range connectionCounts {
		var m measured
		for range o.rounds {
			requests := make([]request, n)
			for i := range requests {
				requests[i] = plainGet(s.process, s.assumeRole(users[i%stsUsers]))
			}
			result, err := load(ctx, s.process, requests, extent{connections: connections, duration: o.duration, requests: n})
			if err != nil {
				return err
			}
			m.results = append(m.results, result)
		}
		t.rows = append(t.rows, append([]string{strconv.Itoa(connections), figure(m.rate()), figure(m.cpu())}, m.latencies()...))
	}
	r.add(t)
	return nil
}
