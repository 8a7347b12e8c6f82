package migrate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMoved(t *testing.T) {
	dir := t.TempDir()
	if err := Stays(dir); err != nil {
		t.Errorf("a store that has not moved: %v", err)
	}
	want := Moved{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Metadata: "postgres://u@db/x", Blobs: "s3://bucket"}
	if err := WriteMoved(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, moved, err := ReadMoved(dir); got != want || !moved || err != nil {
		t.Errorf("read %+v, %t, %v", got, moved, err)
	}
	err := Stays(dir)
	for _, part := range []string{want.Metadata, want.Blobs, filepath.Join(dir, "moved.json")} {
		if !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name %s", err, part)
		}
	}
	// Whatever it says, who wrote it meant something by it.
	if err := os.WriteFile(filepath.Join(dir, "moved.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Stays(dir); err == nil {
		t.Error("a store with an unreadable note is served")
	}
}
