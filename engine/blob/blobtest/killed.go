package blobtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
)

const killedDir = "OSSD_TEST_KILLED_DIR"

// Main is the TestMain of an engine whose tests call RunKilled: its test binary
// is also the process that is killed.
func Main(m *testing.M, open func(dir string) (blob.Store, error)) {
	if dir := os.Getenv(killedDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir, open))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits blobs and prints each reference and digest after
// its commit.
func writeUntilKilled(dir string, open func(dir string) (blob.Store, error)) error {
	s, err := open(dir)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				data := bytes.Repeat([]byte{byte(rand.Uint32()), byte(rand.Uint32())}, rand.IntN(30_000))
				ref, err := write(context.Background(), s, data, -1)
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Printf("%s %x\n", ref, sha256.Sum256(data))
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

// RunKilled kills the process that Main makes of the test binary, a few times.
// What was acknowledged before must be whole, and Walk must show it.
func RunKilled(t *testing.T, open func(dir string) (blob.Store, error)) {
	dir := t.TempDir()
	acknowledged := map[blob.Ref]string{}
	for round := range 4 {
		for ref, sum := range killedChild(t, dir, 150*time.Millisecond) {
			acknowledged[ref] = sum
		}
		if len(acknowledged) == 0 {
			t.Fatalf("round %d: the process committed nothing", round)
		}
		s, err := open(dir)
		if err != nil {
			t.Fatal(err)
		}
		found := walk(t, s, time.Now().Add(time.Hour))
		for ref, want := range acknowledged {
			if got, err := digest(t.Context(), s, ref); err != nil || got != want {
				t.Errorf("round %d: %s has digest %s, %v; want %s", round, ref, got, err, want)
			}
			if _, ok := found[ref]; !ok {
				t.Errorf("round %d: Walk does not show %s", round, ref)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func digest(ctx context.Context, s blob.Store, ref blob.Ref) (string, error) {
	r, err := s.Open(ctx, ref, 0, -1)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	return fmt.Sprintf("%x", sum.Sum(nil)), errors.Join(err, r.Close())
}

// killedChild runs this binary on dir, kills it, and returns what it printed.
func killedChild(t *testing.T, dir string, life time.Duration) map[blob.Ref]string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), killedDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer // life begins with the first commit
	printed := map[blob.Ref]string{}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n') // a line cut short does not count
		if err != nil {
			break
		}
		if timer == nil {
			timer = time.AfterFunc(life, func() { child.Process.Kill() })
			defer timer.Stop()
		}
		ref, sum, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		printed[blob.Ref(ref)] = sum
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the process ended by itself: %v", err)
	}
	return printed
}
