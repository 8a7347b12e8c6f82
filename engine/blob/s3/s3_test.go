package s3

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/s3/s3test"
)

// configFor is a bucket of a server, with as much patience as tests have.
func configFor(server *s3test.Server, prefix string) Config {
	return Config{
		Endpoint: server.Endpoint, AccessKey: server.AccessKey, SecretKey: server.SecretKey,
		Bucket: "blobs", Prefix: prefix, PathStyle: true, CreateBucket: true,
		Stall: 20 * time.Second, RetryFor: 5 * time.Second,
	}
}

func mustOpen(t testing.TB, config Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// prefixes gives each store of a test a place of its own.
func prefixes(server *s3test.Server) func(t testing.TB) blob.Store {
	n := 0
	return func(t testing.TB) blob.Store {
		n++
		return mustOpen(t, configFor(server, fmt.Sprintf("suite/%d", n)))
	}
}

func TestSuite(t *testing.T) { blobtest.Run(t, prefixes(s3test.For(t))) }

// The directory becomes a prefix. Stores that follow one another find it as it was.
func TestReopen(t *testing.T) {
	server := s3test.For(t)
	blobtest.RunReopen(t, func(t testing.TB, dir string) blob.Store { return mustOpen(t, configFor(server, dir)) })
}

func TestLayout(t *testing.T) {
	server := s3test.For(t)
	config := configFor(server, "pre/fix")
	config.Random = &counting{}
	s := mustOpen(t, config)
	ref := blobtest.Put(t, s, []byte("123456789"))
	if want := blob.Ref("0102030405060708090a0b0c0d0e0f10.1"); ref != want {
		t.Errorf("reference %s, want %s", ref, want)
	}
	// A blob that is written must be readable for ever: the bytes are fixed here.
	for name, want := range map[string]string{
		"FORMAT":            "ossd blobs in S3 1\n",
		"01/" + string(ref): "1234567897y\xba/",
	} {
		got, err := os.ReadFile(filepath.Join(server.Dir, "blobs/pre/fix", name))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
		}
	}
}

// counting yields 1, 2, 3 …
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}
