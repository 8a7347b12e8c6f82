package main

import (
	"os"
	"path/filepath"
	"testing"
)

// What was never written takes no room, though a file is as long.
func TestStored(t *testing.T) {
	s := &ossd{data: t.TempDir()}
	sizes := map[string]int64{"meta/log": 100_000, "segments/a": 50_000, "blob/ab/large": 200_000, "audit/log": 400_000}
	for name, size := range sizes {
		path := filepath.Join(s.data, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(filepath.Join(s.data, "segments/a"), 1<<30); err != nil {
		t.Fatal(err)
	}
	got, err := s.stored()
	if err != nil {
		t.Fatal(err)
	}
	const slack = 64 << 10 // file systems allocate blocks
	if got.rows < sizes["meta/log"] || got.rows > sizes["meta/log"]+slack {
		t.Errorf("rows take %d", got.rows)
	}
	if want := sizes["segments/a"] + sizes["blob/ab/large"]; got.contents < want || got.contents > want+2*slack {
		t.Errorf("contents take %d, want %d", got.contents, want)
	}
}
