package segment

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/memory"
)

const crashDir = "OSSD_TEST_CRASH_DIR"

// The test binary is also the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits blobs and prints each reference and digest after
// its commit.
func writeUntilKilled(dir string) error {
	s, err := Open(Config{Dir: dir, Large: memory.New(), SegmentBytes: 1 << 20})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				ref, sum, err := writeRandom(s)
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Printf("%s %x\n", ref, sum)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

func writeRandom(s blob.Store) (blob.Ref, [sha256.Size]byte, error) {
	data := bytes.Repeat([]byte{byte(rand.Uint32()), byte(rand.Uint32())}, rand.IntN(20_000))
	sum := sha256.Sum256(data)
	w, err := s.Create(context.Background(), -1)
	if err != nil {
		return "", sum, err
	}
	if _, err := w.Write(data); err != nil {
		return "", sum, err
	}
	ref, err := w.Commit(context.Background())
	return ref, sum, err
}

// What was acknowledged before the process was killed must be whole, and what
// was not must be found by the sweeper.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[blob.Ref]string{}
	for round := range 4 {
		for ref, sum := range killedChild(t, dir, 150*time.Millisecond) {
			acknowledged[ref] = sum
		}
		if len(acknowledged) == 0 {
			t.Fatalf("round %d: the process committed nothing", round)
		}
		s := open(t, Config{Dir: dir, SegmentBytes: 1 << 20})
		for ref, want := range acknowledged {
			data, err := read(t, s, ref)
			if got := fmt.Sprintf("%x", sha256.Sum256(data)); err != nil || got != want {
				t.Errorf("round %d: %s has digest %s, %v; want %s", round, ref, got, err, want)
			}
		}
		found := map[blob.Ref]bool{}
		for _, ref := range walk(t, s) {
			found[ref] = true
		}
		for ref := range acknowledged {
			if !found[ref] {
				t.Errorf("round %d: Walk does not report %s", round, ref)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killedChild runs this binary on dir, kills it, and returns what it printed.
func killedChild(t *testing.T, dir string, life time.Duration) map[blob.Ref]string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
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
