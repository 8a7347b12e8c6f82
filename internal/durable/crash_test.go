package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"ossd/internal/disk"
	"ossd/internal/disk/crashdisk"
)

// Whenever the power fails, the file is the old one or the new one, and the new
// one once WriteFile has returned.
func TestWriteFileSurvives(t *testing.T) {
	var power crashdisk.Power
	d := crashdisk.New(crashdisk.Config{Power: &power})
	on := On{d}
	old, fresh := strings.Repeat("old", 1000), strings.Repeat("fresh", 1000)
	if err := on.WriteFile("f", []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	look := func(want ...string) {
		for seed := range uint64(100) {
			got, err := disk.ReadFile(d.Crash(seed, crashdisk.Config{}), "f")
			if err != nil || len(want) == 1 && string(got) != want[0] || string(got) != old && string(got) != fresh {
				t.Fatalf("change %d, seed %d: read %d bytes %.10q, %v", power.Changes(), seed, len(got), got, err)
			}
			seen[string(got)]++
		}
	}
	power.Cut = func(int64) { look(old, fresh) }
	if err := on.WriteFile("f", []byte(fresh), 0o600); err != nil {
		t.Fatal(err)
	}
	look(fresh)
	if seen[old] == 0 || seen[fresh] == 0 {
		t.Errorf("%d times old, %d times new: nothing was tested", seen[old], seen[fresh])
	}
}

// The directories that MkdirAll returns for are there after a power failure, also
// if a process that was killed has made some of them.
func TestMkdirAllSurvives(t *testing.T) {
	const deep = "a/b/c"
	var power crashdisk.Power
	d := crashdisk.New(crashdisk.Config{Power: &power})
	kills := 0
	power.Cut = func(n int64) {
		kills++
		killed := d.Kill(crashdisk.Config{})
		if err := (On{killed}).MkdirAll(deep, 0o700); err != nil {
			t.Fatal(err)
		}
		wantDir(t, killed, deep, fmt.Sprintf("killed before change %d", n))
	}
	if err := (On{d}).MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if kills < 3 {
		t.Errorf("killed only %d times", kills)
	}
	wantDir(t, d, deep, "not killed")
}

func wantDir(t *testing.T, d *crashdisk.Disk, path, when string) {
	t.Helper()
	for seed := range uint64(50) {
		if _, err := d.Crash(seed, crashdisk.Config{}).Stat(path); err != nil {
			t.Errorf("%s, seed %d: %v", when, seed, err)
		}
	}
}

// A directory is opened where it is somebody else's to sync what it lies in.
func TestMkdirAllInForeignDirectory(t *testing.T) {
	for _, foreign := range []error{fs.ErrPermission, errors.New("broken")} {
		d := crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, name string) (before, after error) {
			if op == crashdisk.Open && name == "parent" {
				return foreign, nil
			}
			return nil, nil
		}})
		if err := errors.Join(d.Mkdir("parent", 0o700), d.Mkdir("parent/child", 0o700)); err != nil {
			t.Fatal(err)
		}
		err := On{d}.MkdirAll("parent/child", 0o700)
		if tolerated := errors.Is(foreign, os.ErrPermission); (err == nil) != tolerated {
			t.Errorf("%v: %v", foreign, err)
		}
	}
}
