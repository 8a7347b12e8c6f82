package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/s3/s3test"
)

// readRange reads a range of a blob.
func readRange(t testing.TB, s *Store, ref blob.Ref, offset, length int64) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), ref, offset, length)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

// stored finds the file of each blob below the server.
func stored(t testing.TB, server *s3test.Server) map[blob.Ref]string {
	t.Helper()
	files := map[blob.Ref]string{}
	if err := filepath.WalkDir(server.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			files[blob.Ref(d.Name())] = path
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

var rotSizes = []int{0, 1, 100, 4096, frame - 1, frame, frame + 1, 150_000}

// No flipped bit is served, and each is told with the blob's name.
func TestRot(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "rot"))
	random := rand.New(rand.NewPCG(1, 1))
	blobs := map[blob.Ref][]byte{}
	for _, size := range rotSizes {
		data := blobtest.Random(size)
		blobs[blobtest.Put(t, s, data)] = data
	}
	files := stored(t, server)
	if len(files) != len(blobs) {
		t.Fatalf("found %d files of %d blobs", len(files), len(blobs))
	}
	for range 40 {
		for ref, data := range blobs {
			file, at, bit := files[ref], random.Int64N(storedSize(int64(len(data)))), byte(1)<<random.IntN(8)
			flip(t, file, at, bit)
			if got, err := blobtest.Read(s, ref); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), string(ref)) || !bytes.HasPrefix(data, got) {
				t.Errorf("bit %08b of byte %d of %d: read %d bytes, %v; want ErrCorrupt that names %s", bit, at, len(data), len(got), err, ref)
			}
			from := random.Int64N(int64(len(data)) + 1)
			n := random.Int64N(int64(len(data)) + 1 - from)
			if got, err := readRange(t, s, ref, from, n); err == nil && !bytes.Equal(got, data[from:from+n]) {
				t.Errorf("%d bytes from %d are wrong, and were served", n, from)
			}
			flip(t, file, at, bit)
		}
	}
	for ref, data := range blobs {
		blobtest.WantBytes(t, s, ref, data)
	}
}

func flip(t *testing.T, file string, at int64, bit byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{b[0] ^ bit}, at); err != nil {
		t.Fatal(err)
	}
}

// Objects that were cut off, lengthened or taken for one another are damage, never
// shorter or other blobs, and neither is a range behind what is left.
func TestDamage(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "damage"))
	const size = 3*frame + 100
	for name, damage := range map[string]func(t *testing.T, file, other string) error{
		"emptied":          func(t *testing.T, file, _ string) error { return os.Truncate(file, 0) },
		"cut in a frame":   func(t *testing.T, file, _ string) error { return os.Truncate(file, 2*storedFrame+500) },
		"cut at a frame":   func(t *testing.T, file, _ string) error { return os.Truncate(file, 2*storedFrame) },
		"one byte off":     func(t *testing.T, file, _ string) error { return os.Truncate(file, storedSize(size)-1) },
		"lengthened":       func(t *testing.T, file, _ string) error { return os.Truncate(file, storedSize(size)+1) },
		"a frame more":     func(t *testing.T, file, _ string) error { return os.Truncate(file, storedSize(size)+storedFrame) },
		"another blob's":   copyOver,
		"frames exchanged": exchange,
	} {
		t.Run(name, func(t *testing.T) {
			data := blobtest.Random(size)
			ref, other := blobtest.Put(t, s, data), blobtest.Put(t, s, blobtest.Random(size))
			files := stored(t, server)
			if err := damage(t, files[ref], files[other]); err != nil {
				t.Fatal(err)
			}
			for _, c := range [][2]int64{{0, -1}, {0, size}, {size - 1, 1}, {size, 0}, {size + 1, 0}, {2 * frame, -1}, {2 * frame, 5}, {1 << 62, 5}} {
				if got, err := readRange(t, s, ref, c[0], c[1]); !errors.Is(err, blob.ErrCorrupt) && !harmless(c, data, got, err) {
					t.Errorf("%d bytes from %d: got %d, %v; want ErrCorrupt", c[1], c[0], len(got), err)
				}
			}
			if got, err := blobtest.Read(s, ref); !errors.Is(err, blob.ErrCorrupt) {
				t.Errorf("whole: got %d bytes, %v; want ErrCorrupt", len(got), err)
			}
		})
	}
}

// harmless tells whether a range was answered as if nothing was damaged.
func harmless(c [2]int64, data, got []byte, err error) bool {
	size := int64(len(data))
	if c[0] > size {
		return errors.Is(err, io.ErrUnexpectedEOF)
	}
	end := size
	if c[1] >= 0 {
		end = c[0] + c[1]
	}
	return err == nil && bytes.Equal(got, data[c[0]:end])
}

func copyOver(_ *testing.T, file, other string) error {
	b, err := os.ReadFile(other)
	return errors.Join(err, os.WriteFile(file, b, 0o600))
}

func exchange(_ *testing.T, file, _ string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	first := bytes.Clone(b[:storedFrame])
	copy(b, b[storedFrame:2*storedFrame])
	copy(b[storedFrame:], first)
	return os.WriteFile(file, b, 0o600)
}

// An object that is in nobody's way: others of the bucket, and strange names below
// the prefix, are neither shown nor touched.
func TestForeignObjects(t *testing.T) {
	server := s3test.For(t)
	s := mustOpen(t, configFor(server, "ours"))
	ref := blobtest.Put(t, s, []byte("ours"))
	id := strings.TrimSuffix(string(ref), suffix)
	foreign := []string{
		"other/ab/x", "oursnot/" + id[:2] + "/" + string(ref), "ours/readme", "ours/ab/" + string(ref), "ours/" + id[:2] + "/" + id,
		"ours/" + id[:2] + "/" + id + ".2", "ours/" + id[:2] + "/" + strings.ToUpper(id) + ".1", "ours/" + id[:2] + "/deeper/" + string(ref),
	}
	for _, name := range foreign {
		if err := s.put(t.Context(), name, []byte("foreign")); err != nil {
			t.Fatal(err)
		}
	}
	if got := walked(t, s); fmt.Sprint(got) != fmt.Sprint(map[blob.Ref]int64{ref: 4}) {
		t.Errorf("walked over %v", got)
	}
	for _, name := range append(foreign, "ours/FORMAT") {
		if _, err := os.Stat(filepath.Join(server.Dir, "blobs", name)); err != nil {
			t.Errorf("after a walk: %v", err)
		}
	}
}
