package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Somebody who has moved copies to a larger disk and left a link is told so, before
// anything is done; neither the link nor what it leads to is touched.
func TestRefusesLinkedCopies(t *testing.T) {
	for _, link := range []string{"files", "files/keep", "files/keep/a", "files/keep/b.1"} {
		t.Run(link, func(t *testing.T) {
			s := newStore(t)
			s.sample()
			s.mustBackUp()
			want := s.content()
			at, away := filepath.Join(s.to, link), filepath.Join(t.TempDir(), "large")
			if err := errors.Join(os.Rename(at, away), os.Symlink(away, at)); err != nil {
				t.Fatal(err)
			}
			s.write("log", "two\n")
			if _, err := s.backUp(nil); err == nil || !strings.Contains(err.Error(), at+" is neither") {
				t.Errorf("backed up with %v", err)
			}
			if err := errors.Join(os.Remove(at), os.Rename(away, at)); err != nil {
				t.Fatal(err)
			}
			s.wantRestored(want)
			s.mustBackUp()
			s.wantRestored(s.content())
		})
	}
}

// Attempts that fail do not add up, nor do those that were killed before the first backup.
func TestFailedAttemptsDoNotAddUp(t *testing.T) {
	for _, first := range []bool{false, true} {
		s := newStore(t)
		s.sample()
		if first {
			s.mustBackUp()
		}
		want := s.content()
		most := 0
		for i := range 5 {
			os.Remove(filepath.Join(s.dir, fmt.Sprintf("keep/sst%d", i-1)))
			s.write(fmt.Sprintf("keep/sst%d", i), "x")
			if _, err := s.backUp(func(c *Config) { c.Held = func(context.Context) error { return syscall.ENOSPC } }); !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			n := len(tree(t, s.to))
			if i == 0 {
				most = n
			}
			if n > most {
				t.Errorf("after %d failed attempts there are %d files, after the first there were %d", i+1, n, most)
			}
		}
		if first {
			s.wantRestored(want)
		}
		s.mustBackUp()
		s.wantRestored(s.content())
	}
}
