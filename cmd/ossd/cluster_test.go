package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
	"ossd/ossdtest/cluster"
	"ossd/ossdtest/witness"
	"ossd/protocol/signature"
)

// Each process of a cluster is killed while objects are written: PostgreSQL, the S3
// store, a node. What was acknowledged is there, and every node goes on without help. What the
// network can do beside that needs namespaces: see package ossdtest/cluster.
func TestSIGKILLInCluster(t *testing.T) {
	cl := startCluster(t)
	client := &witness.Client{
		HTTP: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: crashWriters}},
		Key:  signature.Credentials{AccessKeyID: cluster.AccessKeyID, Secret: cluster.AccessKeySecret},
	}
	for _, n := range cl.Nodes {
		client.Servers = append(client.Servers, n.Address())
	}
	if err := client.Want(http.StatusOK, "PUT", "/killed", "", nil, nil); err != nil {
		t.Fatal(err)
	}
	var writers [6]*witness.Writer
	for w := range writers {
		writers[w] = &witness.Writer{Client: client, Bucket: "killed", Number: w}
	}
	for _, part := range []part{
		{"PostgreSQL", cl.Postgres.Kill, func() error { return cl.Postgres.Restart(t.Context()) }},
		{"the S3 store", cl.Store.Kill, cl.Store.Restart},
		{"a node", cl.Nodes[0].Kill, cl.Nodes[0].Start},
	} {
		t.Run(part.what, func(t *testing.T) { killed(t, client, writers[:], part) })
	}
}

// part is a process of a cluster.
type part struct {
	what          string
	kill, restart func() error
}

// startCluster starts two nodes of this program.
func startCluster(t *testing.T) *cluster.Cluster {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	store, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if store = s3test.Binary(store); !exists(store) {
		t.Skip("needs an S3 store, which `make s3` installs")
	}
	t.Setenv(asProgram, "1")
	cl, err := cluster.Start(t.Context(), cluster.Config{OSSD: self, S3: store, Dir: t.TempDir(), Nodes: 2, NoSync: true})
	if errors.Is(err, postgrestest.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cl.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cl
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// killed lets writers work before something is killed, until one of them feels it, and after it was started again.
func killed(t *testing.T, client *witness.Client, writers []*witness.Writer, part part) {
	var stop atomic.Bool
	var working sync.WaitGroup
	var acked atomic.Int64
	for _, w := range writers {
		working.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if w.Write() == nil {
					acked.Add(1)
				}
				if err := w.Read(n); err != nil {
					time.Sleep(20 * time.Millisecond) // as a client that tries again
				}
			}
		})
	}
	more := func(n int64) {
		for begun, want := time.Now(), acked.Load()+n; acked.Load() < want; time.Sleep(5 * time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Errorf("in a minute there were not %d writes", n)
				return
			}
		}
	}
	more(100)
	if err := part.kill(); err != nil {
		t.Error(err)
	}
	for begun := time.Now(); client.Failed().IsZero(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Error("nobody felt it in a minute")
			break
		}
	}
	if err := part.restart(); err != nil {
		t.Error(err)
	}
	more(100)
	stop.Store(true)
	working.Wait()
	// No connection was cut without an end, so nothing that was sent is still on its way.
	for _, w := range writers {
		if err := errors.Join(w.List(), w.Settle(), w.List()); err != nil {
			t.Error(err)
		}
	}
	tally := client.Take()
	for _, wrong := range tally.Wrong {
		t.Error(wrong)
	}
	t.Log(tally.Answers, "longest", tally.Longest, tally.Slowest)
}
