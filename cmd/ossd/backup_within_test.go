package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A backup in the directory that it is of would copy itself.
func TestWithin(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(data, "blob"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": filepath.Join(data, "blob"), "alias": data} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]bool{
		"data": true, "data/b": true, "data/b/c": true, "link": true, "link/b/c": true, "alias/../data/x": true,
		"b": false, "data-2": false, "data/../b": false, "b/c/d": false,
	} {
		for _, of := range []string{"data", "alias"} {
			if got := within(filepath.Join(dir, path), filepath.Join(dir, of)); got != want {
				t.Errorf("%s in %s: %t", path, of, got)
			}
		}
	}
}
