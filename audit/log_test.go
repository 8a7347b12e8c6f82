package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"ossd/audit"
)

// Every record arrives, each on a line of its own, also from many goroutines and at the very end.
func TestLogKeepsEveryRecord(t *testing.T) {
	var out bytes.Buffer
	log := audit.NewLog(&out, func(err error) { t.Error(err) })
	const writers, each = 8, 500
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				log.Record(audit.Record{RequestID: fmt.Sprintf("%d-%d", w, i), Key: "a\n\"b\"\x01", Status: 200, Time: time.Unix(0, 0).UTC()})
			}
		})
	}
	wg.Wait()
	log.Close()
	log.Close()
	log.Record(audit.Record{RequestID: "late"})

	seen := map[string]bool{}
	lines := bufio.NewScanner(&out)
	for lines.Scan() {
		var r audit.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		if r.Key != "a\n\"b\"\x01" {
			t.Fatalf("key came back as %q", r.Key)
		}
		seen[r.RequestID] = true
	}
	if len(seen) != writers*each || seen["late"] {
		t.Fatalf("%d distinct records, late one written: %t; want %d and false", len(seen), seen["late"], writers*each)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk is gone") }

// A failed write is reported and does not stop the server's requests.
func TestLogReportsFailedWrites(t *testing.T) {
	var mu sync.Mutex
	failures := 0
	log := audit.NewLog(failing{}, func(error) { mu.Lock(); failures++; mu.Unlock() })
	log.Record(audit.Record{RequestID: "1"})
	log.Close()
	if failures != 1 {
		t.Fatalf("%d failures reported, want 1", failures)
	}
}
