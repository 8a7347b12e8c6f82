package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strconv"
	"time"

	"ossd/protocol/signature"
)

const (
	growthBucket  = "bench-growth"
	growthWriters = 64
	growthBatch   = 50_000 // requests are signed so many at a time, since they lie in memory
	growthReads   = 2_000

	deletedAtOnce  = 1000 // the most that one request may name
	deletingAtOnce = 8
)

// growth puts very many small objects through the API, as users would, looks at
// the server at each tenth of the way, and deletes them all.
func growth(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.bucket(growthBucket); err != nil {
		return err
	}
	content, err := random(o.growthSize)
	if err != nil {
		return err
	}
	t := table{
		title: fmt.Sprintf("Growth: objects of %d B put by %d writers", o.growthSize, growthWriters),
		columns: []string{"objects", "puts/s", "p99 ms", "server µs CPU", "RSS, most MB", "B/object: rows", "contents over payload",
			"ms from kill to first GET", "GET/s, 16 connections"},
		note: "Each line is of one tenth, put to a server that had been killed and started again before it. The log of requests is not counted as stored.",
	}
	limit := time.Now().Add(o.growthTime)
	objects := 0
	for tenth := 1; tenth <= 10; tenth++ {
		if time.Now().After(limit) {
			t.note += fmt.Sprintf(" It ended early, after %s.", o.growthTime)
			break
		}
		row, err := s.grow(ctx, objects, o.growth*tenth/10, content)
		if err != nil {
			return err
		}
		objects = o.growth * tenth / 10
		t.rows = append(t.rows, row)
	}
	r.add(t)
	return s.shrink(ctx, o, r, objects)
}

// grow puts the objects from one number to another and returns what was measured.
func (s *ossd) grow(ctx context.Context, from, to int, content []byte) ([]string, error) {
	if err := s.resetPeak(); err != nil {
		return nil, err
	}
	var took, cpu float64 // seconds, microseconds
	latency := &histogram{}
	for begin := from; begin < to; begin += growthBatch {
		var puts []request
		for i := begin; i < min(begin+growthBatch, to); i++ {
			puts = append(puts, s.request("PUT", growthBucket, smallKey(i), nil, content))
		}
		r, err := load(ctx, s.process, puts, extent{connections: growthWriters})
		if err != nil {
			return nil, err
		}
		n := float64(len(puts))
		took, cpu = took+n/r.rate, cpu+n*r.cpu
		latency.merge(r.latency)
	}
	peak, err := s.peakMB()
	if err != nil {
		return nil, err
	}
	s.kill()
	begun := time.Now()
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.do("GET", growthBucket, smallKey(to-1), nil, nil); err != nil {
		return nil, err
	}
	restart := time.Since(begun)
	var gets []request
	for range growthReads {
		gets = append(gets, s.request("GET", growthBucket, smallKey(rand.IntN(to)), nil, nil))
	}
	read, err := load(ctx, s.process, gets, extent{connections: 16})
	if err != nil {
		return nil, err
	}
	stored, err := s.stored() // not before: the log of rows has tens of MB, whatever there is
	p99, _ := latency.quantile(0.99)
	n := float64(to - from)
	return []string{
		strconv.Itoa(to), figure(n / took), figure(p99.Seconds() * 1000), figure(cpu / n), figure(peak),
		figure(float64(stored.rows) / float64(to)), figure(float64(stored.contents)/float64(to) - float64(len(content))),
		figure(restart.Seconds() * 1000), figure(read.rate),
	}, err
}

// shrink deletes the objects and sees whether their room on the disk comes back.
func (s *ossd) shrink(ctx context.Context, o options, r *report, objects int) error {
	t := table{
		title:   fmt.Sprintf("Deleting %d objects", objects),
		columns: []string{"", "MB of rows", "MB of contents", "seconds", "objects/s", "server µs CPU an object"},
		note:    fmt.Sprintf("The payload was %.0f MB. Deleted bytes are kept for a grace; the sweep, by program fill, set its clock past it.", float64(objects)*float64(o.growthSize)/1e6),
	}
	row := func(name string, cells ...string) error {
		stored, err := s.stored()
		t.rows = append(t.rows, append([]string{name, figure(float64(stored.rows) / 1e6), figure(float64(stored.contents) / 1e6)}, cells...))
		return err
	}
	if err := row("full", "–", "–", "–"); err != nil {
		return err
	}
	deletions := s.deletions(objects)
	deleted, err := load(ctx, s.process, deletions, extent{connections: deletingAtOnce})
	if err != nil {
		return err
	}
	n, requests := float64(objects), float64(len(deletions))
	took := requests / deleted.rate
	if err := row("DeleteMultipleObjects, 1000 each", figure(took), figure(n/took), figure(deleted.cpu*requests/n)); err != nil {
		return err
	}
	s.stop()
	begun := time.Now()
	if out, err := exec.CommandContext(ctx, o.fill, "-data", s.data, "-sweep").CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.500s", o.fill, err, out)
	}
	took = time.Since(begun).Seconds()
	if err := row("swept", figure(took), figure(n/took), "–"); err != nil {
		return err
	}
	begun = time.Now()
	if err := s.start(); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	if err := row("started again, and quiet", figure(time.Since(begun).Seconds()), "–", "–"); err != nil {
		return err
	}
	r.add(t)
	return nil
}

// deletions name all objects.
func (s *ossd) deletions(objects int) (requests []request) {
	for from := 0; from < objects; from += deletedAtOnce {
		var body bytes.Buffer
		body.WriteString("<Delete><Quiet>true</Quiet>")
		for i := from; i < min(from+deletedAtOnce, objects); i++ {
			fmt.Fprintf(&body, "<Object><Key>%s</Key></Object>", smallKey(i))
		}
		body.WriteString("</Delete>")
		sum := md5.Sum(body.Bytes())
		header := http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
		query := signature.Query{{Name: "delete", Bare: true}}
		requests = append(requests, s.wire("POST", s.sign(signature.V4Header, s.cred, "POST", growthBucket, "", query, header), body.Bytes()))
	}
	return requests
}
