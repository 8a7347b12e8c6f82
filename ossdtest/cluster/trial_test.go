//go:build cluster && linux

package cluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
	"ossd/internal/lan"
	"ossd/ossdtest/witness"
	"ossd/protocol/signature"
)

const (
	writers = 12
	bucket1 = "faults"

	// No request may take longer than this, whatever is broken. PostgreSQL is given up after 10 s, the S3
	// store after 30, tries of one request included after 45 (see engine/blob/s3).
	longestRequest = 60 * time.Second
	// So soon after a fault has ended nothing may fail any more.
	longestRecovery = 30 * time.Second
)

// trial is a cluster, each part of which is in a network namespace of its own, and those who use it.
type trial struct {
	net            *lan.Switch
	here           *lan.Port // of the clients
	rows, contents *lan.Port
	at             []*lan.Port // of the nodes

	cl       *Cluster
	client   *witness.Client
	writers  []*witness.Writer
	visitors *witness.Visitors
	usual    []figures // of the nodes before any fault
}

// newTrial needs root, PostgreSQL, versitygw and the program, bin/ossd or OSSD_BIN.
func newTrial(t *testing.T) *trial {
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	tr := &trial{net: lan.New()}
	t.Cleanup(func() {
		if err := tr.net.Close(); err != nil {
			t.Error(err)
		}
	})
	join := func(join func() (*lan.Port, error)) *lan.Port {
		p, err := join()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tr.here = join(tr.net.JoinHere)
	tr.rows, tr.contents = join(tr.net.Join), join(tr.net.Join)
	project, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	host := func(p *lan.Port) Host { return Host{p.Address, p.Start} }
	config := Config{
		OSSD: cmp.Or(os.Getenv("OSSD_BIN"), filepath.Join(project, "bin", "ossd")), S3: s3test.Binary(project), Dir: t.TempDir(), Serve: []string{"--metrics-from", tr.here.Address + "/24"},
		PostgresHost: host(tr.rows), StoreHost: host(tr.contents),
	}
	for range 3 {
		p := join(tr.net.Join)
		tr.at, config.Hosts = append(tr.at, p), append(config.Hosts, host(p))
	}
	if tr.cl, err = Start(t.Context(), config); errors.Is(err, postgrestest.ErrNotInstalled) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.cl.Stop(); err != nil {
			t.Error(err)
		}
	})
	tr.prepare(t)
	return tr
}

// prepare makes bucket, role and writers, and lets them work until everything is warm.
func (tr *trial) prepare(t *testing.T) {
	tr.client = &witness.Client{
		HTTP: &http.Client{Timeout: 2 * longestRequest, Transport: &http.Transport{MaxIdleConnsPerHost: writers, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}},
		Key:  signature.Credentials{AccessKeyID: AccessKeyID, Secret: AccessKeySecret},
	}
	for _, n := range tr.cl.Nodes {
		tr.client.Servers = append(tr.client.Servers, n.Address())
	}
	if err := tr.client.Want(http.StatusOK, "PUT", "/"+bucket1, "", nil, nil); err != nil {
		t.Fatal(err)
	}
	var err error
	if tr.visitors, err = witness.NewVisitors(tr.client, AccountID); err != nil {
		t.Fatal(err)
	}
	for w := range writers {
		tr.writers = append(tr.writers, &witness.Writer{Client: tr.client, Bucket: bucket1, Number: w})
	}
	tr.load(func() { time.Sleep(3 * time.Second) })
	tr.client.HTTP.CloseIdleConnections()
	for _, n := range tr.cl.Nodes {
		f, err := tr.figures(n)
		if err != nil {
			t.Fatal(err)
		}
		tr.usual = append(tr.usual, f)
	}
}

// load lets everybody work while something is done.
func (tr *trial) load(meanwhile func()) {
	var stop atomic.Bool
	var working sync.WaitGroup
	for _, w := range tr.writers {
		working.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if tr.step(w, n) != nil {
					time.Sleep(20 * time.Millisecond) // as a client that tries again
				}
			}
		})
	}
	meanwhile()
	stop.Store(true)
	working.Wait()
}

// step is what a client does in turn: it writes, and reads at another node.
func (tr *trial) step(w *witness.Writer, n int) error {
	switch {
	case n%8 == 7:
		return w.List()
	case n%12 == 11:
		return tr.visitors.Visit(w, n)
	case n%2 == 1:
		return w.Read(n / 2)
	}
	return w.Write()
}

// settled waits until no transaction of the nodes is open: then nothing that was sent can
// have an effect any more. It returns how long that took.
func (tr *trial) settled(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	conn, err := pgx.Connect(t.Context(), tr.cl.Postgres.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for open := 1; open > 0; time.Sleep(50 * time.Millisecond) {
		// Work in the background has transactions as well, but short ones.
		const sql = `select count(*) from pg_stat_activity where application_name like 'ossd%' and xact_start < now() - interval '1 second'`
		if err := conn.QueryRow(t.Context(), sql).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if time.Since(begun) > 2*time.Minute {
			t.Fatalf("%d transactions are still open two minutes after the load", open)
		}
	}
	time.Sleep(time.Second) // for those that were younger
	return time.Since(begun)
}

// check asks a node to look whether rows and contents fit together.
func (tr *trial) check(t *testing.T, n *Node) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), tr.cl.OSSD, "check", "--data", n.Dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "nothing is wrong") {
		t.Errorf("ossd check: %v\n%s", err, out)
	}
}

// recorded counts the records of refusals for which PostgreSQL or the S3 store was to blame. The audit logs lie in
// the nodes' directories: they go on when everything else is away.
func (tr *trial) recorded(t *testing.T) (n int) {
	t.Helper()
	for _, node := range tr.cl.Nodes {
		log, err := os.ReadFile(filepath.Join(node.Dir, "audit", "audit.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(log, []byte(`"status":503`))
	}
	return n
}
