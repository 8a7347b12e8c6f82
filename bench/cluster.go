package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ossd/ossdtest/cluster"
	"ossd/protocol/signature"
)

const (
	clusterBucket = "bench-cluster"
	clusterNodes  = 3
	listedAtOnce  = 100
)

// clustered is a cluster on this machine.
type clustered struct {
	*cluster.Cluster
	all *ossd // every node
}

// clusters measures nodes that share PostgreSQL and an S3 store, everything on this machine.
func clusters(ctx context.Context, o options, r *report) error {
	dir, err := os.MkdirTemp("", "ossd-bench-cluster")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := filepath.Abs(o.server)
	if err != nil {
		return err
	}
	cl, err := cluster.Start(ctx, cluster.Config{OSSD: program, S3: o.store, Dir: dir, Nodes: clusterNodes})
	if err != nil {
		return err
	}
	c := &clustered{Cluster: cl}
	c.all = c.nodes(clusterNodes)
	err = c.measure(ctx, o, r)
	return errors.Join(err, cl.Stop())
}

// nodes are the first n of the nodes.
func (c *clustered) nodes(n int) *ossd {
	p := make([]*process, n)
	for i := range p {
		p[i] = &process{pid: c.Nodes[i].PID(), address: c.Nodes[i].Address()}
	}
	p[0].beside = p[1:]
	return &ossd{process: p[0], cred: signature.Credentials{AccessKeyID: cluster.AccessKeyID, Secret: cluster.AccessKeySecret}}
}

func (c *clustered) measure(ctx context.Context, o options, r *report) error {
	if err := c.all.bucket(clusterBucket); err != nil {
		return err
	}
	content, err := random(smallSize)
	if err != nil {
		return err
	}
	put := c.all.objects(signature.V4URL, c.all.cred, "PUT", clusterBucket, o.objects, content)
	if _, err := load(ctx, c.all.process, put, extent{connections: o.connections}); err != nil {
		return err
	}
	ways := []kind{
		{name: "PUT", requests: put},
		{name: "GET", requests: c.all.objects(signature.V4URL, c.all.cred, "GET", clusterBucket, o.objects, nil)},
		{name: "list " + strconv.Itoa(listedAtOnce), requests: c.all.lists(o.objects)},
	}
	for _, way := range ways {
		t := table{
			title:   fmt.Sprintf("Cluster, %s: objects of 4 KiB, V4 URLs, medians of %d rounds", way.name, o.rounds),
			columns: append([]string{"nodes, connections", "requests/s", "ossd µs CPU", "PostgreSQL µs", "S3 store µs", "round trips"}, percentiles...),
		}
		if err := c.rows(ctx, o, way, &t); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		r.add(t)
	}
	return c.weigh(ctx, o, r)
}

// lists are requests for pages that begin at different keys.
func (s *ossd) lists(objects int) (requests []request) {
	for i := range min(objects, 1000) {
		query := signature.Query{
			{Name: "list-type", Value: "2"}, {Name: "max-keys", Value: strconv.Itoa(listedAtOnce)},
			{Name: "start-after", Value: smallKey(i * 7919 % max(1, objects-256*listedAtOnce))},
		}
		requests = append(requests, s.request("GET", clusterBucket, "", query, nil))
	}
	return requests
}

// rows measures one kind of request with one to three nodes, in turn.
func (c *clustered) rows(ctx context.Context, o options, way kind, t *table) error {
	type line struct {
		label string
		nodes *ossd
		e     extent
		m     measured
		costs []costs
	}
	var lines []*line
	for n := range clusterNodes {
		for _, connections := range []int{16, 64} {
			lines = append(lines, &line{label: fmt.Sprintf("%d, %d", n+1, connections), nodes: c.nodes(n + 1), e: extent{connections: connections, duration: o.duration}})
		}
	}
	for range o.rounds {
		for _, l := range lines {
			before, err := c.costs()
			if err != nil {
				return err
			}
			result, err := load(ctx, l.nodes.process, way.requests, l.e)
			if err != nil {
				return err
			}
			after, err := c.costs()
			if err != nil {
				return err
			}
			l.m.results, l.costs = append(l.m.results, result), append(l.costs, after.since(before, float64(result.latency.count)))
		}
	}
	for _, l := range lines {
		cost := func(of func(costs) float64) string {
			var v []float64
			for _, c := range l.costs {
				v = append(v, of(c))
			}
			return figure(median(v))
		}
		t.rows = append(t.rows, append([]string{
			l.label, figure(l.m.rate()), figure(l.m.cpu()), cost(func(c costs) float64 { return c.postgres }), cost(func(c costs) float64 { return c.store }),
			cost(func(c costs) float64 { return c.trips }),
		}, l.m.latencies()...))
	}
	return nil
}

// costs are what requests take of the engines: microseconds of CPU time, and round trips to PostgreSQL.
type costs struct{ postgres, store, trips float64 }

func (c *clustered) costs() (now costs, err error) {
	postgres, err := (&process{pid: c.Postgres.PID()}).cpu()
	if err != nil {
		return now, err
	}
	store, err := (&process{pid: c.Store.PID()}).cpu()
	if err != nil {
		return now, err
	}
	now = costs{postgres: float64(postgres.Microseconds()), store: float64(store.Microseconds())}
	for _, n := range c.Nodes {
		trips, err := metric(n.URL, "ossd_postgres_round_trips_total")
		if err != nil {
			return now, err
		}
		now.trips += trips
	}
	return now, nil
}

func (c costs) since(before costs, requests float64) costs {
	return costs{(c.postgres - before.postgres) / requests, (c.store - before.store) / requests, (c.trips - before.trips) / requests}
}

// metric is one of those that a node shows, without labels.
func metric(url, name string) (float64, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(url + "/-/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("%s shows no %s", url, name)
}
