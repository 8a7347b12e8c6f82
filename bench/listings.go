package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"ossd/protocol/signature"
)

// listings measures pages of a thousand entries, each asked for by one client
// that waits for it.
func listings(ctx context.Context, o options, r *report) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.fillListings(ctx, o); err != nil {
		return err
	}
	list, err := s.listingKinds(o)
	if err != nil {
		return err
	}
	var kinds []kind
	for _, l := range list {
		kinds = append(kinds, l.kind)
	}
	results, err := rounds(ctx, o.rounds, kinds, extent{connections: 1, duration: o.duration})
	if err != nil {
		return err
	}
	t := table{
		title:   fmt.Sprintf("Listings, one connection, medians of %d rounds", o.rounds),
		columns: append([]string{"", "ms", "server ms CPU"}, percentiles...),
	}
	for i, m := range results {
		ms := 1000 / m.rate()
		t.rows = append(t.rows, append([]string{m.name, figure(ms), figure(m.cpu() / 1000)}, m.latencies()...))
		if most := list[i].most; most > 0 {
			r.budget(m.name, fmt.Sprintf("≤ %g ms", most), figure(ms)+" ms", ms <= most)
		}
	}
	r.add(t)
	return nil
}

const (
	wideBucket     = "bench-wide"     // a thousand keys under each prefix
	narrowBucket   = "bench-narrow"   // ten
	versionsBucket = "bench-versions" // three versions of each key
	uploadsBucket  = "bench-uploads"

	listedPrefixes = 1100
	listedUploads  = 2000
)

// fillListings makes the buckets through the server, and fills them without it.
func (s *ossd) fillListings(ctx context.Context, o options) error {
	for _, bucket := range []string{wideBucket, narrowBucket, versionsBucket, uploadsBucket} {
		if err := s.bucket(bucket); err != nil {
			return err
		}
	}
	enable := []byte("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	if err := s.do("PUT", versionsBucket, "", signature.Query{{Name: "versioning", Bare: true}}, enable); err != nil {
		return err
	}
	var uploads []request
	for i := range listedUploads {
		uploads = append(uploads, s.request("POST", uploadsBucket, smallKey(i), signature.Query{{Name: "uploads", Bare: true}}, nil))
	}
	if _, err := load(ctx, s.process, uploads, extent{connections: o.connections}); err != nil {
		return err
	}
	s.stop()
	for _, f := range []struct {
		bucket         string
		keys, versions int
	}{{wideBucket, o.keys, 1}, {narrowBucket, 10 * listedPrefixes, 1}, {versionsBucket, o.keys / 10, 3}} {
		cmd := exec.CommandContext(ctx, o.fill, "-data", s.data, "-bucket", f.bucket, "-objects", strconv.Itoa(f.keys),
			"-prefixes", strconv.Itoa(listedPrefixes), "-versions", strconv.Itoa(f.versions))
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", o.fill, err)
		}
	}
	if err := s.start(); err != nil {
		return err
	}
	return s.settle()
}

// pages is in how many places of a bucket, in its first half, pages begin.
const pages = 40

// listing is a way to list.
type listing struct {
	kind
	bucket  string
	from    string // the marker's parameter; empty: pages begin at the beginning
	query   signature.Query
	element string // of which a page has want
	want    int
	most    float64 // milliseconds; 0: nobody set a bound
}

func (s *ossd) listingKinds(o options) ([]listing, error) {
	limit := signature.Param{Name: "max-keys", Value: "1000"}
	v2 := signature.Param{Name: "list-type", Value: "2"}
	slash := signature.Param{Name: "delimiter", Value: "/"}
	versions := signature.Param{Name: "versions", Bare: true}
	named := func(format string, n int) kind { return kind{name: fmt.Sprintf(format, n), process: s.process} }
	list := []listing{
		{named("ListObjectsV2, 1000 keys of %d", o.keys), wideBucket, "start-after", signature.Query{v2, limit}, "<Key>", 1000, 2},
		{named("ListObjects, 1000 keys of %d", o.keys), wideBucket, "marker", signature.Query{limit}, "<Key>", 1000, 2},
		{named("ListObjectsV2, 1000 prefixes over %d", o.keys), wideBucket, "", signature.Query{v2, limit, slash}, "<CommonPrefixes>", 1000, 8},
		{named("ListObjectsV2, 1000 prefixes over %d", 10*listedPrefixes), narrowBucket, "", signature.Query{v2, limit, slash}, "<CommonPrefixes>", 1000, 8},
		{named("ListObjectVersions, 1000 of %d", 3*(o.keys/10)), versionsBucket, "key-marker", signature.Query{versions, limit}, "<VersionId>", 1000, 0},
		{named("ListMultipartUploads, 1000 of %d", listedUploads), uploadsBucket, "", signature.Query{{Name: "uploads", Bare: true}, {Name: "max-uploads", Value: "1000"}}, "<UploadId>", 1000, 0},
		{named("GetBucketStat over %d", o.keys), wideBucket, "", signature.Query{{Name: "stat", Bare: true}}, "<ObjectCount>" + strconv.Itoa(o.keys) + "<", 1, 0},
	}
	for i := range list {
		if err := s.preparePages(&list[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].name, err)
		}
	}
	return list, nil
}

// preparePages makes the requests, and sends the first and the last once to see what they get.
func (s *ossd) preparePages(l *listing) error {
	for i := range pages {
		query := l.query
		if l.from != "" {
			query = append(query[:len(query):len(query)], signature.Param{Name: l.from, Value: fmt.Sprintf("prefix-%06d/", i*listedPrefixes/2/pages)})
		}
		if i == 0 || i == pages-1 {
			page, err := s.fetch("GET", l.bucket, "", query, nil)
			if err != nil {
				return err
			}
			if n := bytes.Count(page, []byte(l.element)); n != l.want {
				return fmt.Errorf("a page has %d of %s, want %d", n, l.element, l.want)
			}
		}
		l.requests = append(l.requests, s.request("GET", l.bucket, "", query, nil))
	}
	return nil
}
