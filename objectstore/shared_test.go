package objectstore_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/s3"
	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta"
	"ossd/engine/meta/postgres"
	"ossd/engine/meta/postgres/postgrestest"
)

// sharers is how many stores, as of so many processes, share rows and contents in these tests.
const sharers = 3

var sharedFactor = flag.Int("shared.factor", 1, "how many times longer than usual tests on PostgreSQL and S3 are")

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// engines are what one store stands on.
type engines struct {
	rows  meta.Store
	blobs blob.Store
}

// alone is for engines of one process.
func alone(rows func(*testing.T) meta.Store, blobs func(*testing.T) blob.Store) func(*testing.T) []engines {
	return func(t *testing.T) []engines { return []engines{{rows(t), blobs(t)}} }
}

// shared are connections to one database and one bucket, each with what a process of its own
// has: a pool, and nothing in memory that the others know of. Where PostgreSQL or the S3
// store is not installed the test is skipped.
func shared(t *testing.T) (all []engines) {
	t.Helper()
	server, store := postgrestest.Shared(t), s3test.For(t)
	schema := server.Schema(t)
	for range sharers {
		rows, err := postgres.Open(t.Context(), postgres.Config{URL: server.URL(), Schema: schema, MaxConns: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rows.Close() })
		blobs, err := s3.Open(t.Context(), s3.Config{
			Endpoint: store.Endpoint, AccessKey: store.AccessKey, SecretKey: store.SecretKey,
			Bucket: "blobs", Prefix: strings.ReplaceAll(schema, "_", "-"), PathStyle: true, CreateBucket: true,
			Stall: 20 * time.Second, RetryFor: 5 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { blobs.Close() })
		all = append(all, engines{rows, blobs})
	}
	return all
}
