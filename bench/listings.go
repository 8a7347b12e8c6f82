package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"ossd/protocol/signature"
)

// listings measures pages of a thousand entries, each asked for by one client
// that waits for it.
func listings(o options) error {
	s, err := startServer(o.server)
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.fillListings(o); err != nil {
		return err
	}
	kinds, err := s.listingKinds(o)
	if err != nil {
		return err
	}
	results, err := rounds(o, kinds, 1)
	if err != nil {
		return err
	}
	fmt.Printf("%-54s %10s %14s\n", fmt.Sprintf("listings, median of %d", o.rounds), "ms", "server ms CPU")
	for i, k := range kinds {
		fmt.Printf("%-54s %10.2f %14.2f\n", k.name, 1000/median(results[i], rate), median(results[i], cpu)/1000)
	}
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
func (s *ossd) fillListings(o options) error {
	for _, bucket := range []string{wideBucket, narrowBucket, versionsBucket, uploadsBucket} {
		if err := s.do("PUT", bucket, "", nil, nil); err != nil {
			return err
		}
	}
	enable := []byte("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	if err := s.do("PUT", versionsBucket, "", signature.Query{{Name: "versioning", Bare: true}}, enable); err != nil {
		return err
	}
	var uploads []request
	for i := range listedUploads {
		uploads = append(uploads, s.request(signature.V4URL, "POST", uploadsBucket, smallKey(i), signature.Query{{Name: "uploads", Bare: true}}, nil))
	}
	if _, err := load(s.process, uploads, o.connections, 0); err != nil {
		return err
	}
	s.stop()
	for _, f := range []struct {
		bucket         string
		keys, versions int
	}{{wideBucket, o.keys, 1}, {narrowBucket, 10 * listedPrefixes, 1}, {versionsBucket, o.keys / 10, 3}} {
		cmd := exec.Command(o.fill, "-data", s.data, "-bucket", f.bucket, "-objects", strconv.Itoa(f.keys),
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

// settle waits until the server has nothing more to tidy up, for a minute at most.
func (s *ossd) settle() error {
	last := time.Duration(-1)
	for range 60 {
		now, err := s.cpu()
		if err != nil || now-last < 20*time.Millisecond && last >= 0 {
			return err
		}
		last = now
		time.Sleep(time.Second)
	}
	return nil
}

// pages is in how many places of a bucket, in its first half, pages begin.
const pages = 40

func (s *ossd) listingKinds(o options) ([]kind, error) {
	of := func(n int) string { return fmt.Sprintf("of %d", n) }
	limit := signature.Param{Name: "max-keys", Value: "1000"}
	v2 := signature.Param{Name: "list-type", Value: "2"}
	slash := signature.Param{Name: "delimiter", Value: "/"}
	versions := signature.Param{Name: "versions", Bare: true}
	var kinds []kind
	for _, l := range []struct {
		name, bucket, from string // from is the marker's parameter; empty: pages begin at the beginning
		query              signature.Query
		element            string
		want               int
	}{
		{"ListObjectsV2, 1000 keys " + of(o.keys), wideBucket, "start-after", signature.Query{v2, limit}, "<Key>", 1000},
		{"ListObjects, 1000 keys " + of(o.keys), wideBucket, "marker", signature.Query{limit}, "<Key>", 1000},
		{"ListObjectsV2, 1000 prefixes over " + strconv.Itoa(o.keys), wideBucket, "", signature.Query{v2, limit, slash}, "<CommonPrefixes>", 1000},
		{"ListObjectsV2, 1000 prefixes over " + strconv.Itoa(10*listedPrefixes), narrowBucket, "", signature.Query{v2, limit, slash}, "<CommonPrefixes>", 1000},
		{"ListObjectVersions, 1000 " + of(3*(o.keys/10)), versionsBucket, "key-marker", signature.Query{versions, limit}, "<VersionId>", 1000},
		{"ListMultipartUploads, 1000 " + of(listedUploads), uploadsBucket, "", signature.Query{{Name: "uploads", Bare: true}, {Name: "max-uploads", Value: "1000"}}, "<UploadId>", 1000},
		{"GetBucketStat over " + strconv.Itoa(o.keys), wideBucket, "", signature.Query{{Name: "stat", Bare: true}}, "<ObjectCount>" + strconv.Itoa(o.keys) + "<", 1},
	} {
		k := kind{name: l.name, process: s.process}
		for i := range pages {
			query := l.query
			if l.from != "" {
				query = append(query[:len(query):len(query)], signature.Param{Name: l.from, Value: fmt.Sprintf("prefix-%06d/", i*listedPrefixes/2/pages)})
			}
			if i == 0 || i == pages-1 {
				page, err := s.fetch("GET", l.bucket, "", query, nil)
				if err != nil {
					return nil, err
				}
				if n := bytes.Count(page, []byte(l.element)); n != l.want {
					return nil, fmt.Errorf("%s: a page has %d of %s, want %d", l.name, n, l.element, l.want)
				}
			}
			k.requests = append(k.requests, s.request(signature.V4URL, "GET", l.bucket, "", query, nil))
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}
