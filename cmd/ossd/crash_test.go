package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ossd/protocol/signature"
)

const (
	crashRounds  = 50
	crashWriters = 16
	crashRun     = 120 * time.Millisecond // of writing before each kill
)

var crashKey = signature.Credentials{AccessKeyID: "LTAIcrashTestKey00000001", Secret: "crashTestSecret000000000000001"}

// The server is killed while 16 writers put objects, 50 times. Every object
// whose PUT was answered is there afterwards, whole, or has been replaced by
// one that was being put when the server died.
func TestSIGKILL(t *testing.T) {
	data := t.TempDir()
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}
	env := []string{"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret}
	var writers [crashWriters]crashWriter
	var startups []time.Duration
	acknowledged := 0
	var acked atomic.Int64 // in this round
	for round := range crashRounds {
		p, err := startProgram(args, env)
		if err != nil {
			t.Fatal(err)
		}
		startups = append(startups, p.startup)
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: crashWriters}}
		if round == 0 {
			if err := crashPut(client, p.address, "/crash", nil); err != nil {
				t.Fatal(err)
			}
		}
		for w := range writers {
			writers[w].verify(t, client, p.address, w)
		}
		var wg sync.WaitGroup
		var stop atomic.Bool
		for w := range writers {
			wg.Go(func() { writers[w].write(client, p.address, w, &stop, &acked) })
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
	for w := range writers {
		acknowledged += writers[w].count
	}
	slices.Sort(startups)
	t.Logf("%d rounds, %d PUTs acknowledged, start-up median %v, longest %v", crashRounds, acknowledged, startups[len(startups)/2], startups[len(startups)-1])
	if acknowledged < crashRounds*crashWriters {
		t.Errorf("only %d PUTs were acknowledged: this test did not test much", acknowledged)
	}
	if median := startups[len(startups)/2]; median > 2*time.Second {
		t.Errorf("start-up after a kill takes %v, want under two seconds", median)
	}
}

// crashKeys is how many keys each writer overwrites in turn.
const crashKeys = 4

// crashWriter puts ever new versions of its own keys.
type crashWriter struct {
	next  int            // version of the next PUT
	acked [crashKeys]int // last acknowledged version of each key, 0 for none
	tried [crashKeys]int // last version that was sent
	count int            // PUTs acknowledged
}

// content of a version: its number, repeated to a length that differs.
func crashContent(w, version int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%d/%d;", w, version), 1+version*37%3000)
}

func crashPath(w, k int) string { return fmt.Sprintf("/crash/writer-%d/key-%d", w, k) }

func (c *crashWriter) write(client *http.Client, address string, w int, stop *atomic.Bool, acked *atomic.Int64) {
	for !stop.Load() {
		c.next++
		k := c.next % crashKeys
		c.tried[k] = c.next
		if crashPut(client, address, crashPath(w, k), crashContent(w, c.next)) != nil {
			return // the server is gone; whether this version counts is open
		}
		c.acked[k] = c.next
		c.count++
		acked.Add(1)
	}
}

func (c *crashWriter) verify(t *testing.T, client *http.Client, address string, w int) {
	t.Helper()
	for k := range crashKeys {
		if c.tried[k] == 0 {
			continue
		}
		got, status, err := crashGet(client, address, crashPath(w, k))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case status == http.StatusNotFound && c.acked[k] == 0:
		case status == http.StatusOK && c.acked[k] != 0 && bytes.Equal(got, crashContent(w, c.acked[k])):
		case status == http.StatusOK && bytes.Equal(got, crashContent(w, c.tried[k])):
			c.acked[k] = c.tried[k] // it was durable; only the answer was lost
		default:
			t.Errorf("%s: status %d, %d bytes %.40q; version %d was acknowledged, version %d tried", crashPath(w, k), status, len(got), got, c.acked[k], c.tried[k])
		}
	}
}

func crashPut(client *http.Client, address, path string, content []byte) error {
	_, status, err := crashSend(client, "PUT", address, path, content)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("PUT %s: status %d", path, status)
	}
	return err
}

func crashGet(client *http.Client, address, path string) ([]byte, int, error) {
	return crashSend(client, "GET", address, path, nil)
}

func crashSend(client *http.Client, method, address, path string, content []byte) ([]byte, int, error) {
	r, err := http.NewRequest(method, "http://"+address+path, bytes.NewReader(content))
	if err != nil {
		return nil, 0, err
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	s := &signature.Request{Method: method, Host: address, Path: path, Header: r.Header}
	if err := signature.SignHeader(signature.V1Header, s, signature.Resource{Bucket: bucket, Key: key}, crashKey, "", time.Now()); err != nil {
		return nil, 0, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}
