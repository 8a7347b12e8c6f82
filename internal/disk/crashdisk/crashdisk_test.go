package crashdisk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ossd/internal/disk"
)

const flags = os.O_RDWR | os.O_CREATE

// write makes or changes a file, and syncs what it is told to.
func write(t *testing.T, d *Disk, name string, data []byte, offset int64, syncs ...func(disk.File) error) {
	t.Helper()
	f, err := d.OpenFile(name, flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(data, offset); err != nil {
		t.Fatal(err)
	}
	for _, sync := range syncs {
		if err := sync(f); err != nil {
			t.Fatal(err)
		}
	}
}

func syncDir(t *testing.T, d *Disk, name string) {
	t.Helper()
	dir, err := d.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		t.Fatal(err)
	}
}

// outcomes counts what a file is after crashes of many seeds; "none" if it is not there.
func outcomes(t *testing.T, d *Disk, name string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for seed := range uint64(400) {
		got, err := disk.ReadFile(d.Crash(seed, Config{}), name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			seen["none"]++
		case err != nil:
			t.Fatal(err)
		default:
			seen[string(got)]++
		}
	}
	return seen
}

// Each line names a history, what may be left of it, and what must not.
func TestCrash(t *testing.T) {
	a, b := strings.Repeat("a", 3*sectorSize), strings.Repeat("b", 3*sectorSize)
	zeros := strings.Repeat("\x00", sectorSize)
	for _, c := range []struct {
		name    string
		history func(t *testing.T, d *Disk)
		all     []string // there is nothing else; nil: there is more
		some    []string
	}{
		{"nothing synced", func(t *testing.T, d *Disk) { write(t, d, "f", []byte(a), 0) }, nil,
			[]string{"none", "", a, a[:sectorSize], zeros + a[:2*sectorSize], a[:sectorSize] + zeros + a[:sectorSize]}},
		{"file synced, not its name", func(t *testing.T, d *Disk) { write(t, d, "f", []byte(a), 0, d.Datasync) }, []string{"none", a}, nil},
		{"name synced, not the file", func(t *testing.T, d *Disk) { write(t, d, "f", []byte("abc"), 0); syncDir(t, d, "") },
			[]string{"", "abc", "\x00\x00\x00"}, nil},
		{"both synced", func(t *testing.T, d *Disk) { write(t, d, "f", []byte(a), 0, d.Datasync); syncDir(t, d, "") }, []string{a}, nil},
		{"overwritten", func(t *testing.T, d *Disk) {
			write(t, d, "f", []byte(a), 0, disk.File.Sync)
			syncDir(t, d, "")
			write(t, d, "f", []byte(b), 0)
		}, nil, []string{a, b, a[:sectorSize] + b[:sectorSize] + a[:sectorSize]}},
		{"removed", func(t *testing.T, d *Disk) {
			write(t, d, "f", []byte(a), 0, d.Datasync)
			syncDir(t, d, "")
			if err := d.Remove("f"); err != nil {
				t.Fatal(err)
			}
		}, []string{"none", a}, nil},
		{"removed and synced", func(t *testing.T, d *Disk) {
			write(t, d, "f", []byte(a), 0, d.Datasync)
			if err := d.Remove("f"); err != nil {
				t.Fatal(err)
			}
			syncDir(t, d, "")
		}, []string{"none"}, nil},
		{"renamed", func(t *testing.T, d *Disk) {
			write(t, d, "f", []byte(a), 0, d.Datasync)
			write(t, d, "g", []byte(b), 0, d.Datasync)
			syncDir(t, d, "")
			if err := d.Rename("g", "f"); err != nil {
				t.Fatal(err)
			}
		}, []string{a, b}, nil},
		{"in a directory that was not synced", func(t *testing.T, d *Disk) {
			if err := d.Mkdir("d", 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, d, "d/f", []byte(a), 0, d.Datasync)
			syncDir(t, d, "d")
			if err := d.Rename("d/f", "d/g"); err != nil {
				t.Fatal(err)
			}
			if err := d.Rename("d/g", "d/f"); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"none"}},
		{"hole", func(t *testing.T, d *Disk) {
			write(t, d, "f", bytes.Repeat([]byte("h"), 3*pageSize), 0, d.Datasync, func(f disk.File) error {
				return d.PunchHole(f, pageSize, pageSize)
			})
			syncDir(t, d, "")
		}, nil, []string{
			strings.Repeat("h", 3*pageSize),
			strings.Repeat("h", pageSize) + strings.Repeat("\x00", pageSize) + strings.Repeat("h", pageSize),
		}},
		{"cut off", func(t *testing.T, d *Disk) {
			write(t, d, "f", []byte(a), 0, d.Datasync, func(f disk.File) error { return f.Truncate(sectorSize) })
			syncDir(t, d, "")
		}, nil, []string{a, a[:sectorSize], a[:sectorSize] + zeros + zeros}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := New(Config{})
			c.history(t, d)
			name := "f"
			if strings.Contains(c.name, "directory") {
				name = "d/f"
			}
			got := outcomes(t, d, name)
			for text, n := range got {
				if c.all != nil && !slices.Contains(c.all, text) {
					t.Errorf("%d times %d bytes %.20q are left", n, len(text), text)
				}
			}
			for _, text := range append(c.some, c.all...) {
				if got[text] == 0 {
					t.Errorf("%d bytes %.20q are never left", len(text), text)
				}
			}
		})
	}
}

func TestSeedDecides(t *testing.T) {
	d := New(Config{})
	for _, name := range []string{"a", "b", "c", "d"} {
		write(t, d, name, bytes.Repeat([]byte(name), 5000), 0)
	}
	for seed := range uint64(50) {
		one, two := d.Crash(seed, Config{}), d.Crash(seed, Config{})
		for _, name := range []string{"a", "b", "c", "d"} {
			first, _ := disk.ReadFile(one, name)
			second, _ := disk.ReadFile(two, name)
			if !bytes.Equal(first, second) {
				t.Fatalf("seed %d leaves another %s the second time", seed, name)
			}
		}
	}
}

// A program that is killed leaves what it wrote, but nothing is safe yet.
func TestKill(t *testing.T) {
	d := New(Config{})
	f, err := d.OpenFile("f", flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Lock(f), f.Truncate(10)); err != nil {
		t.Fatal(err)
	}
	g, err := d.OpenFile("f", flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Lock(g); !errors.Is(err, fs.ErrExist) {
		t.Errorf("locked twice: %v", err)
	}
	after := d.Kill(Config{})
	if g, err = after.OpenFile("f", flags, 0); err != nil {
		t.Fatal(err)
	}
	if err := after.Lock(g); err != nil {
		t.Errorf("the lock outlived its process: %v", err)
	}
	if info, err := g.Stat(); err != nil || info.Size() != 10 {
		t.Errorf("%v, %v", info, err)
	}
	if got := outcomes(t, after, "f"); got["none"] == 0 {
		t.Error("what was not synced before is safe now")
	}
}

// A sync that failed has lost something, and the next one does not bring it back.
func TestFailedSyncLoses(t *testing.T) {
	broken, fails := errors.New("broken"), true
	lost := 0
	for seed := range uint64(50) {
		d := New(Config{Seed: seed, Hook: func(op Op, _ string) (before, after error) {
			if op == Datasync && fails {
				return broken, nil
			}
			return nil, nil
		}})
		write(t, d, "f", []byte("abc"), 0, func(f disk.File) error {
			fails = true
			if err := d.Datasync(f); !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			fails = false
			return d.Datasync(f)
		})
		syncDir(t, d, "")
		if got, err := disk.ReadFile(d.Crash(0, Config{}), "f"); err == nil && string(got) != "abc" {
			lost++
		}
	}
	if lost == 0 || lost == 50 {
		t.Errorf("%d of 50 failed syncs lost something", lost)
	}
}

func TestCapacity(t *testing.T) {
	d := New(Config{Capacity: 3 * pageSize})
	f, err := d.OpenFile("f", flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.WriteAt(make([]byte, 5*pageSize), 100)
	if n != 3*pageSize-100 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("wrote %d, %v", n, err)
	}
	if free, err := d.Free(""); free != 0 || err != nil {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if err := d.PunchHole(f, 0, pageSize); err != nil || !d.IsHole(f, 0, pageSize) || d.IsHole(f, 0, 2*pageSize) {
		t.Errorf("hole: %v", err)
	}
	if free, _ := d.Free(""); free != pageSize {
		t.Errorf("%d bytes are free behind a hole", free)
	}
	if err := d.Remove("f"); err != nil {
		t.Fatal(err)
	}
	if d.Used() != 2*pageSize {
		t.Errorf("%d bytes are used by a file that is open", d.Used())
	}
	f.Close()
	if d.Used() != 0 {
		t.Errorf("%d bytes are used by nothing", d.Used())
	}
}

func TestReadOnly(t *testing.T) {
	d := New(Config{})
	write(t, d, "f", []byte("abc"), 0)
	open, err := d.OpenFile("f", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.SetReadOnly(true)
	_, create := d.OpenFile("g", flags, 0)
	_, reopen := d.OpenFile("f", os.O_RDWR, 0)
	_, writes := open.WriteAt([]byte("x"), 0)
	for name, err := range map[string]error{"create": create, "open for writing": reopen, "write": writes, "remove": d.Remove("f"), "mkdir": d.Mkdir("d", 0)} {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := disk.ReadFile(d, "f"); err != nil || string(got) != "abc" {
		t.Errorf("read %q, %v", got, err)
	}
}

// The moment of a crash is the same for all that hang on one power.
func TestPower(t *testing.T) {
	var p Power
	one, two := New(Config{Power: &p}), New(Config{Power: &p})
	var at []int64
	p.Cut = func(n int64) {
		at = append(at, n)
		_, first := disk.ReadFile(one.Crash(0, Config{}), "f")
		_, second := disk.ReadFile(two.Crash(0, Config{}), "f")
		if n == 1 && (first == nil || second == nil) {
			t.Error("before the first change something is there")
		}
	}
	write(t, one, "f", nil, 0)
	write(t, two, "f", nil, 0)
	if !slices.Equal(at, []int64{1, 2, 3, 4}) || p.Changes() != 4 {
		t.Errorf("cut at %v of %d changes, want each of 4", at, p.Changes())
	}
}
