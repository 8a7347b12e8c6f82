package main

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ossd/protocol/signature"
)

const (
	crashWriters = 16
	crashRun     = 120 * time.Millisecond // of writing before each kill
)

var crashKey = signature.Credentials{AccessKeyID: "LTAIcrashTestKey00000001", Secret: "crashTestSecret000000000000001"}

// The server is killed, many times, while 16 writers put, copy, append, complete
// and delete. Every object whose write was answered is there afterwards, whole, or
// as the write that was under way when the server died would have it; and none
// whose deletion was answered.
func TestSIGKILL(t *testing.T) {
	data := t.TempDir()
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}
	env := []string{"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret}
	var writers [crashWriters]crashWriter
	for w := range writers {
		writers[w].count = map[string]int{}
	}
	var startups []time.Duration
	var acked atomic.Int64 // in this round
	for round := range crashRounds {
		p, err := startProgram(args, env)
		if err != nil {
			t.Fatal(err)
		}
		startups = append(startups, p.startup)
		client := crashClient{&http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: crashWriters}}, p.address}
		if round == 0 {
			if err := client.want(http.StatusOK, "PUT", "/crash", "", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		for w := range writers {
			writers[w].verify(t, client, w)
		}
		var wg sync.WaitGroup
		var stop atomic.Bool
		for w := range writers {
			wg.Go(func() { writers[w].write(client, w, &stop, &acked) })
		}
		time.Sleep(crashRun)
		// On a busy machine that may have been too short to test anything.
		for deadline := time.Now().Add(10 * time.Second); acked.Load() < crashWriters && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		acked.Store(0)
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.cmd.Wait()
		stop.Store(true)
		wg.Wait()
		client.CloseIdleConnections()
		if t.Failed() {
			t.Fatalf("after %d rounds", round)
		}
	}
	acknowledged, total := map[string]int{}, 0
	for w := range writers {
		for way, n := range writers[w].count {
			acknowledged[way] += n
			total += n
		}
	}
	slices.Sort(startups)
	t.Logf("%d rounds, acknowledged %v, start-up median %v, longest %v", crashRounds, acknowledged, startups[len(startups)/2], startups[len(startups)-1])
	if total < crashRounds*crashWriters || len(acknowledged) < 5 {
		t.Errorf("only %v were acknowledged: this test did not test much", acknowledged)
	}
	if median := startups[len(startups)/2]; median > 2*time.Second {
		t.Errorf("start-up after a kill takes %v, want under two seconds", median)
	}
}
