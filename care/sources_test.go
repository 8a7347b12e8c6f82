package care

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory that lacks what every store has is not backed up: the result would look like an
// empty store, and take the place of a good backup.
func TestSourcesWantAWholeStore(t *testing.T) {
	whole := func(t *testing.T) string {
		data := t.TempDir()
		for _, name := range []string{"FORMAT", "blob/FORMAT", "segments/FORMAT", checkpointDir + "/MANIFEST-000001"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(data, name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return data
	}
	list := func(data string) (paths []string, err error) {
		for s, err := range Sources(data, false) {
			if err != nil {
				return paths, err
			}
			paths = append(paths, s.Path)
		}
		return paths, nil
	}
	got, err := list(whole(t))
	if want := "FORMAT blob/FORMAT meta/MANIFEST-000001 segments/FORMAT"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("listed %q, %v; want %q", got, err, want)
	}
	for _, lost := range []string{"FORMAT", "blob", "segments", checkpointDir, checkpointDir + "/MANIFEST-000001"} {
		data := whole(t)
		if err := os.RemoveAll(filepath.Join(data, lost)); err != nil {
			t.Fatal(err)
		}
		if got, err := list(data); err == nil {
			t.Errorf("without %s it lists %q", lost, got)
		}
	}
}
