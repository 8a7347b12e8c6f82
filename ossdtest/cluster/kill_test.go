package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const killWriters = 6

// killed is what a writer knows of its key: what was acknowledged last, and all that was sent since
// then, of which anything may have become true.
type killed struct {
	acked string
	since []string
}

// While clients write through the balancer a node is killed and another one after it. What was
// acknowledged is there, or what the same client sent later.
func testKill(t *testing.T, n *nodes) {
	through := client{n.URL, n.root}
	through.mustObject(t, "PUT", "killed", "", "", nil)
	writers := make([]killed, killWriters)
	var acked, failed atomic.Int64
	var stop atomic.Bool
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			w := &writers[i]
			for v := 0; !stop.Load(); v++ {
				content := strings.Repeat(fmt.Sprintf("%d/%d;", i, v), 1+v%3*1000) // in the row, and in the S3 store
				w.since = append(w.since, content)
				got, err := through.object(t.Context(), "PUT", "killed", fmt.Sprint("key-", i), "", []byte(content))
				if err != nil || got.status != 200 {
					failed.Add(1)
					if err == nil && got.status < 500 {
						t.Errorf("writer %d: %d %s", i, got.status, got.code)
						return
					}
					continue
				}
				w.acked, w.since = content, nil
				acked.Add(1)
			}
		})
	}
	for _, victim := range []int{1, 2} {
		waitFor(t, &acked, acked.Load()+40)
		if err := n.Nodes[victim].Kill(); err != nil {
			t.Error(err)
		}
		waitFor(t, &acked, acked.Load()+40) // the others go on
		if err := n.Nodes[victim].Start(); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	writing.Wait()
	t.Logf("%d writes acknowledged, %d failed", acked.Load(), failed.Load())
	for i, w := range writers {
		for node := range n.Nodes {
			content := string(n.at(node, n.root).mustObject(t, "GET", "killed", fmt.Sprint("key-", i), "", nil))
			if content != w.acked && !slices.Contains(w.since, content) {
				t.Errorf("node %d has %.20q of writer %d, which was acknowledged %.20q", node, content, i, w.acked)
			}
		}
	}
}

// waitFor waits until a count is reached.
func waitFor(t *testing.T, count *atomic.Int64, want int64) {
	t.Helper()
	for begun := time.Now(); count.Load() < want; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute || t.Failed() {
			t.Fatalf("%d writes were acknowledged, want %d", count.Load(), want)
		}
	}
}
