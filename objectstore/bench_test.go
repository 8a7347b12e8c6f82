package objectstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

// benchStore is a store on real rows, whose files are in memory.
func benchStore(b *testing.B) (*objectstore.Store, objectstore.Bucket) {
	b.Helper()
	rows, err := pebble.Open(pebble.Config{Dir: "meta", FS: vfs.NewMem()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rows.Close() })
	s := objectstore.New(objectstore.Config{Rows: rows, Blobs: blobmemory.New()})
	bucket, err := s.CreateBucket(b.Context(), objectstore.Bucket{Name: "demo", Owner: "1"})
	if err != nil {
		b.Fatal(err)
	}
	return s, bucket
}

const (
	benchObjects  = 20_000
	benchPrefixes = 1000
)

// benchFill puts every key so many times.
func benchFill(b *testing.B, s *objectstore.Store, bucket objectstore.Bucket, times int) {
	b.Helper()
	for range times {
		for i := range benchObjects {
			_, err := s.PutObject(b.Context(), objectstore.Put{
				Bucket: bucket, Key: fmt.Sprintf("prefix-%03d/object-%09d.jpg", i%benchPrefixes, i),
				Incoming:   objectstore.Incoming{Body: strings.NewReader("x"), Size: 1},
				Properties: objectstore.Properties{Headers: []objectstore.Header{{Name: "Content-Type", Value: "image/jpeg"}}},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A page of a thousand, without the document that a protocol makes of it. make
// bench has the whole, over a million keys.
func BenchmarkObjects(b *testing.B) {
	s, bucket := benchStore(b)
	benchFill(b, s, bucket, 1)
	for name, q := range map[string]objectstore.ListObjects{
		"keys":     {Bucket: bucket.Name, Limit: 1000},
		"prefixes": {Bucket: bucket.Name, Limit: 1000, Delimiter: "/"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page, err := s.Objects(b.Context(), q)
				if err != nil || len(page.Objects)+len(page.CommonPrefixes) != 1000 {
					b.Fatal(len(page.Objects), len(page.CommonPrefixes), err)
				}
			}
		})
	}
}

func BenchmarkVersions(b *testing.B) {
	s, bucket := benchStore(b)
	if err := s.SetVersioning(b.Context(), bucket, objectstore.Enabled); err != nil {
		b.Fatal(err)
	}
	benchFill(b, s, bucket, 3)
	b.ReportAllocs()
	for b.Loop() {
		page, err := s.Versions(b.Context(), objectstore.ListVersions{Bucket: bucket.Name, Limit: 1000})
		if err != nil || len(page.Versions) != 1000 {
			b.Fatal(len(page.Versions), err)
		}
	}
}

func BenchmarkStat(b *testing.B) {
	s, bucket := benchStore(b)
	benchFill(b, s, bucket, 1)
	b.ReportAllocs()
	for b.Loop() {
		stat, err := s.Stat(b.Context(), bucket.Name)
		if err != nil || stat.Classes[objectstore.Standard].Objects != benchObjects {
			b.Fatal(stat, err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/benchObjects, "ns/object")
}
