package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// handmade is a backup that no Make has made, without copies.
func handmade(t *testing.T, files ...file) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "FORMAT"), []byte(formatText), 0o600), os.Mkdir(filepath.Join(dir, filesDir), 0o700)); err != nil {
		t.Fatal(err)
	}
	w, err := createManifest(dir, header{Generation: 1, Lineage: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		err = errors.Join(err, w.add(f))
	}
	if err := errors.Join(err, w.commit()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// wantDamaged restores and verifies a backup whose file x is not what its manifest
// says: that must end, name the file and leave nothing of it.
func wantDamaged(t *testing.T, from string) {
	t.Helper()
	for _, to := range []string{"", filepath.Join(t.TempDir(), "to")} {
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		ended := make(chan error, 1)
		go func() {
			r, err := Restore(ctx, Restoring{From: from, To: to, Last: "FORMAT"})
			if len(r.Damaged) != 1 {
				t.Errorf("the result is %+v", r)
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("restored with %v", err)
			}
		case <-time.After(30 * time.Second): // it does not hear its context either
			t.Fatal("restoring does not end")
		}
		if _, err := os.Lstat(filepath.Join(to, "x")); to != "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of the damaged file is left: %v", err)
		}
	}
}

// Only regular files of the size that was written are read. The links lead to what
// the manifest says, so that only their being links is wrong.
func TestRestoreReadsOnlyPlainFiles(t *testing.T) {
	const secret = "root:secret"
	for name, put := range map[string]func(copy, outside string) error{
		"link out": func(copy, outside string) error { return os.Symlink(outside, copy) },
		"link inside": func(copy, _ string) error {
			return errors.Join(os.WriteFile(copy+"y", []byte(secret), 0o600), os.Symlink("x.1y", copy))
		},
		"endless":     func(copy, _ string) error { return os.Symlink("/dev/zero", copy) },
		"FIFO":        func(copy, _ string) error { return syscall.Mkfifo(copy, 0o600) },
		"directory":   func(copy, _ string) error { return os.Mkdir(copy, 0o700) },
		"longer":      func(copy, _ string) error { return os.WriteFile(copy, bytes.Repeat([]byte("x"), 1<<20), 0o600) },
		"other bytes": func(copy, _ string) error { return os.WriteFile(copy, []byte("root:sEcret"), 0o600) },
		"files is a link": func(copy, outside string) error {
			files := filepath.Dir(copy)
			return errors.Join(os.Rename(outside, filepath.Join(filepath.Dir(outside), "x.1")), os.Remove(files), os.Symlink(filepath.Dir(outside), files))
		},
	} {
		t.Run(name, func(t *testing.T) {
			outside := filepath.Join(t.TempDir(), "shadow")
			if err := os.WriteFile(outside, []byte(secret), 0o600); err != nil {
				t.Fatal(err)
			}
			from := handmade(t, file{Path: "x", Copy: "x.1", Size: int64(len(secret)), SHA256: hexSum(secret), Mode: "0666"})
			if err := put(filepath.Join(from, filesDir, "x.1"), outside); err != nil {
				t.Fatal(err)
			}
			wantDamaged(t, from)
		})
	}
}

// FORMAT and manifest are opened as carefully as the copies.
func TestRestoreReadsOnlyPlainManifest(t *testing.T) {
	for _, name := range []string{"FORMAT", manifestName} {
		from := handmade(t)
		at := filepath.Join(from, name)
		if err := errors.Join(os.Remove(at), syscall.Mkfifo(at, 0o600)); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := Restore(t.Context(), Restoring{From: from})
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, errNotPlain) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: restoring does not end", name)
		}
	}
}

// Until its bytes are known to be right nobody else may read a file, whatever the manifest says of it.
func TestRestoreGivesModeLast(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	from := handmade(t, file{Path: "x", Copy: "x.1", Size: int64(len(text)), SHA256: hexSum(text), Mode: "0666"})
	if err := os.WriteFile(filepath.Join(from, filesDir, "x.1"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "to")
	mode := func() fs.FileMode {
		info, err := os.Stat(filepath.Join(to, "x"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	seen := 0
	_, err := Restore(t.Context(), Restoring{From: from, To: to, Last: "FORMAT", Progress: func(done, _ int64) {
		if seen++; mode() != 0o600 {
			t.Errorf("after %d bytes it has mode %v", done, mode())
		}
	}})
	if !errors.Is(err, ErrDamaged) || seen == 0 || mode() != 0o666 { // there is no FORMAT
		t.Errorf("%v, %d, %v", err, seen, mode())
	}
}

// A line that looks like the end hides no files.
func TestManifestEndsOnce(t *testing.T) {
	good := file{Path: "FORMAT", Copy: "FORMAT.1", Size: 1, SHA256: hexSum("f"), Mode: "0600"}
	lost := file{Path: "x", Copy: "x.1", Size: 1, SHA256: "00", Mode: "0600"}
	for name, files := range map[string][]file{
		"in the middle": {good, {}, lost},
		"at the end":    {good, {}},
	} {
		from := handmade(t, files...)
		if err := os.WriteFile(filepath.Join(from, filesDir, "FORMAT.1"), []byte("f"), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := Restore(t.Context(), Restoring{From: from, To: filepath.Join(t.TempDir(), "to"), Last: "FORMAT"}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: restored %+v, %v", name, r, err)
		}
	}
}

// What is not the backup's is not written through a link in its directory.
func TestBackupWritesThroughNoLink(t *testing.T) {
	for _, name := range []string{manifestName + ".new", "files/FORMAT.2"} {
		s := newStore(t)
		s.sample()
		s.mustBackUp()
		victim := filepath.Join(t.TempDir(), "victim")
		if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, filepath.Join(s.to, name))); err != nil {
			t.Fatal(err)
		}
		_, err := s.backUp(nil)
		if text, _ := os.ReadFile(victim); string(text) != "precious" {
			t.Errorf("%s: %v; what the link led to has %.40q", name, err, text)
		}
		if err == nil {
			s.wantRestored(s.content())
		}
	}
}
