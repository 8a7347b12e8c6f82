package main

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ossd/ossdtest/witness"
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
	client := &witness.Client{HTTP: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: crashWriters}}, Key: crashKey}
	var writers [crashWriters]witness.Writer
	for w := range writers {
		writers[w] = witness.Writer{Client: client, Bucket: "crash", Number: w}
	}
	var startups []time.Duration
	var acked atomic.Int64 // in this round
	for round := range crashRounds {
		p, err := startProgram(args, env)
		if err != nil {
			t.Fatal(err)
		}
		startups = append(startups, p.startup)
		client.Servers = []string{p.address}
		if round == 0 {
			if err := client.Want(http.StatusOK, "PUT", "/crash", "", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		for w := range writers {
			if err := writers[w].Settle(); err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		var stop atomic.Bool
		for w := range writers {
			wg.Go(func() {
				for !stop.Load() && writers[w].Write() == nil {
					acked.Add(1)
				}
			})
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
		client.HTTP.CloseIdleConnections()
		for _, wrong := range client.Take().Wrong {
			t.Error(wrong)
		}
		if t.Failed() {
			t.Fatalf("after %d rounds", round)
		}
	}
	acknowledged, total := map[string]int{}, 0
	for w := range writers {
		for way, n := range writers[w].Count {
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

func crashPut(client *http.Client, address, path string, content []byte) error {
	c := witness.Client{HTTP: client, Servers: []string{address}, Key: crashKey}
	return c.Want(http.StatusOK, "PUT", path, "", nil, content)
}

func crashGet(client *http.Client, address, path string) ([]byte, int, error) {
	c := witness.Client{HTTP: client, Servers: []string{address}, Key: crashKey}
	answer, err := c.Send("GET", path, "", nil, nil)
	return answer.Body, answer.Status, err
}
