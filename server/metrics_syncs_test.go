package server

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/engine/meta/pebble"
	"ossd/internal/durable"
)

// syncs scrapes a counter; -1 means that it is not there.
func syncs(t *testing.T, m *metrics, of string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest("GET", "/-/metrics", nil))
	found := regexp.MustCompile(`(?m)^ossd_syncs_total\{of="` + of + `"\} (\S+)$`).FindSubmatch(w.Body.Bytes())
	if found == nil {
		return -1
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSyncsAreCounted(t *testing.T) {
	rows, err := pebble.Open(pebble.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	m := newMetrics()
	m.countSyncs(rows)
	contents, before := syncs(t, m, "contents"), syncs(t, m, "rows")
	if err := rows.Update(t.Context(), nil, func(tx meta.Tx) error { return tx.Insert([]byte("key"), []byte("value")) }); err != nil {
		t.Fatal(err)
	}
	for range 1000 { // Pebble counts a sync after it has woken who waited for it
		if syncs(t, m, "rows") > before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n := syncs(t, m, "rows"); n != before+1 || before < 0 {
		t.Errorf("syncs of rows %v, before %v", n, before)
	}
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := durable.Fdatasync(f); err != nil {
		t.Fatal(err)
	}
	if n := syncs(t, m, "contents"); n != contents+1 || contents < 0 {
		t.Errorf("syncs of contents %v, before %v", n, contents)
	}
}

// What an engine does not count is not shown as nothing.
func TestUncountedSyncsAreNotShown(t *testing.T) {
	m := newMetrics()
	m.countSyncs(memory.New())
	if n := syncs(t, m, "rows"); n != -1 {
		t.Errorf("rows in memory are said to have been synced %v times", n)
	}
}
