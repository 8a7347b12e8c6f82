package migrate

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	"ossd/objectstore"
)

// tryPut writes an object.
func (w *world) tryPut(key string, data []byte) error {
	_, err := w.PutObject(w.Context(), objectstore.Put{Bucket: w.plain, Key: key, Incoming: objectstore.Incoming{Body: bytes.NewReader(data), Size: int64(len(data))}})
	return err
}

// blobOf writes one and returns its blob.
func (w *world) blobOf(key string, data []byte) blob.Ref {
	w.Helper()
	before := map[blob.Ref]bool{}
	for _, ref := range referencesOf(rowsOf(w, w.Rows)) {
		before[ref] = true
	}
	w.must(w.tryPut(key, data))
	for _, ref := range referencesOf(rowsOf(w, w.Rows)) {
		if !before[ref] {
			return ref
		}
	}
	w.Fatal("no new blob")
	return ""
}

// damage flips a bit in the middle of a blob of its own file.
func (w *world) damage(ref blob.Ref) (mend func()) {
	w.Helper()
	name := filepath.Join(w.dir, "blob", string(ref[:2]), string(ref))
	whole, err := os.ReadFile(name)
	w.must(err)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	w.must(os.WriteFile(name, damaged, 0o600))
	return func() { w.must(os.WriteFile(name, whole, 0o600)) }
}

// Blobs of the source that are damaged or lost are named by their objects, once;
// all else is copied; nothing is switched over, unless that is wanted.
func TestDamagedSource(t *testing.T) {
	w, to := newWorld(t, 1).some(60), emptyDestination()
	whole := blobtest.Random(300_000)
	damaged, lost := w.blobOf("damaged", whole), w.blobOf("lost", []byte("small"))
	mend := w.damage(damaged)
	w.must(w.Blobs.Delete(t.Context(), lost))

	var found []objectstore.Finding
	run := func(change func(*Config)) (Result, error) {
		t.Helper()
		found = nil
		return w.move(to, func(c *Config) {
			c.Found = func(f objectstore.Finding) { found = append(found, f) }
			if change != nil {
				change(c)
			}
		})
	}
	wantFound := func(keys ...string) {
		t.Helper()
		kinds := map[string]objectstore.FindingKind{}
		for _, f := range found {
			kinds[f.Key] = f.Kind
			if f.Bucket != "plain" || f.Blob == "" || f.File == "" || f.Text == "" {
				t.Errorf("found %+v", f)
			}
		}
		want := map[string]objectstore.FindingKind{}
		for _, key := range keys {
			want[key] = map[string]objectstore.FindingKind{"damaged": objectstore.DamagedBlob, "lost": objectstore.MissingBlob}[key]
		}
		if !maps.Equal(kinds, want) || len(found) != len(keys) {
			t.Errorf("found %v, want %v", found, want)
		}
	}
	if r, err := run(func(c *Config) { c.shortPass = 1 }); err != nil || r.Damaged != 2 || r.Passes < 2 {
		t.Errorf("online: %+v, %v", r, err)
	}
	wantFound("damaged", "lost")
	all := len(referencesOf(rowsOf(t, w.Rows)))
	if n := len(referencesOf(rowsOf(t, to.Rows))); n != all-2 {
		t.Errorf("%d references arrived of %d", n, all)
	}
	stays := func(c *Config) { c.Final, c.Switch = true, func() error { t.Error("switched over"); return nil } }
	if r, err := run(stays); !errors.Is(err, ErrDamaged) || r.Ended {
		t.Errorf("final: %+v, %v", r, err)
	}
	wantFound("damaged", "lost")

	mend()
	if _, err := run(stays); !errors.Is(err, ErrDamaged) {
		t.Errorf("with one mended: %v", err)
	}
	wantFound("lost")
	r, err := run(func(c *Config) { c.Final, c.SkipDamaged, c.Verify = true, true, VerifyFull })
	if err != nil || !r.Ended || r.Damaged != 1 || r.Repaired != 0 {
		t.Fatalf("skipping: %+v, %v", r, err)
	}
	wantFound("lost")
	if !maps.Equal(rowsOf(t, w.Rows), rowsOf(t, to.Rows)) {
		t.Error("the rows differ")
	}
	if got, err := blobtest.Read(to.Blobs, damaged); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("the mended blob: %d bytes, %v", len(got), err)
	}
	// What is lost is known by its name there as well.
	var missing []string
	moved := objectstore.New(objectstore.Config{Rows: to.Rows, Blobs: to.Blobs})
	_, err = moved.Check(t.Context(), objectstore.Checking{Found: func(f objectstore.Finding) { missing = append(missing, f.Key) }})
	if err != nil || len(missing) != 1 || missing[0] != "lost" {
		t.Errorf("the destination lacks %q, %v", missing, err)
	}
}

// A sweeper that is cut off between a blob and its rows leaves references of
// nothing. Nobody needs it, so it is no damage; that holds for contents of several blobs, too.
func TestSweeperWasCutOff(t *testing.T) {
	w, to := newWorld(t, 1).some(20), emptyDestination()
	one := w.blobOf("one", []byte("content"))
	u, err := w.NewUpload(t.Context(), w.plain, objectstore.Upload{Key: "many"}, false)
	w.must(err)
	before := map[blob.Ref]bool{}
	for _, ref := range referencesOf(rowsOf(t, w.Rows)) {
		before[ref] = true
	}
	for n := range 2 {
		in := objectstore.Incoming{Body: bytes.NewReader(make([]byte, 100<<10)), Size: 100 << 10}
		_, err := w.PutPart(t.Context(), objectstore.PutPart{Bucket: w.plain, Key: "many", Upload: u.ID, Number: n + 1, Incoming: in})
		w.must(err)
	}
	_, err = w.CompleteUpload(t.Context(), objectstore.Complete{Bucket: w.plain, Key: "many", Upload: u.ID, All: true})
	w.must(err)
	for _, key := range []string{"one", "many"} {
		_, err := w.DeleteObject(t.Context(), w.plain, objectstore.Deletion{Key: key})
		w.must(err)
	}
	lost := 0
	for _, ref := range referencesOf(rowsOf(t, w.Rows)) {
		if ref == one || !before[ref] {
			w.must(w.Blobs.Delete(t.Context(), ref))
			lost++
		}
	}
	if lost != 3 {
		t.Fatalf("%d blobs were freed, want 3", lost)
	}
	r, err := w.move(to, func(c *Config) { c.Final, c.Verify = true, VerifyFull })
	if err != nil || r.Damaged != 0 || !r.Ended {
		t.Fatalf("%+v, %v", r, err)
	}
	moved := objectstore.New(objectstore.Config{Rows: to.Rows, Blobs: to.Blobs})
	if _, err := moved.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantSound(to)
}

// Verifying finds what the destination has lost or changed since, and copies it again.
func TestVerifyRepairs(t *testing.T) {
	for _, c := range []struct {
		verify Verify
		spoil  func(t *testing.T, to Destination, refs []blob.Ref)
		want   int64
	}{
		{VerifyLengths, lose, 2},
		{VerifyFull, lose, 2},
		{VerifyLengths, shorten, 2},
		{VerifyFull, shorten, 2},
		{VerifyFull, replace, 2},
		{VerifyLengths, replace, 0}, // of the same length: not found, as its name says
		{VerifyRows, lose, 0},
	} {
		w, to := newWorld(t, 1).some(60), emptyDestination()
		if _, err := w.move(to, nil); err != nil {
			t.Fatal(err)
		}
		refs := referencesOf(rowsOf(t, w.Rows))
		var spoilt []blob.Ref // of some length
		for _, ref := range refs {
			if n, err := blob.Inspect(w.Blobs).Size(t.Context(), ref); err == nil && n > 0 && len(spoilt) < 2 {
				spoilt = append(spoilt, ref)
			}
		}
		c.spoil(t, to, spoilt)
		r, err := w.move(to, func(config *Config) { config.Final, config.Verify = true, c.verify })
		if err != nil || r.Repaired != c.want {
			t.Errorf("%s: %+v, %v; want %d repaired", c.verify, r, err, c.want)
		}
		if c.want > 0 {
			w.wantMoved(to)
		}
	}
}

func lose(t *testing.T, to Destination, refs []blob.Ref) {
	for _, ref := range refs {
		if err := to.Blobs.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
}

func replace(t *testing.T, to Destination, refs []blob.Ref) {
	overwrite(t, to, refs, func(data []byte) []byte {
		data[len(data)-1] ^= 1
		return data
	})
}

func shorten(t *testing.T, to Destination, refs []blob.Ref) {
	overwrite(t, to, refs, func(data []byte) []byte { return data[1:] })
}

func overwrite(t *testing.T, to Destination, refs []blob.Ref, change func([]byte) []byte) {
	t.Helper()
	for _, ref := range refs {
		data, err := blobtest.Read(to.Blobs, ref)
		if err != nil {
			t.Fatal(err)
		}
		w, err := to.Blobs.(blob.Importer).Import(t.Context(), ref, -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(change(data)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// shortening is a destination that takes every byte and loses the last one of a blob.
type shortening struct {
	*blobmemory.Store
	of blob.Ref
}

func (s *shortening) Import(ctx context.Context, ref blob.Ref, hint int64) (blob.Writer, error) {
	w, err := s.Store.Import(ctx, ref, hint)
	if ref == s.of {
		w = &shortWriter{Writer: w}
	}
	return w, err
}

type shortWriter struct{ blob.Writer }

func (w *shortWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := w.Writer.Write(p[:len(p)-1])
	return n + 1, err
}

// A blob that does not have its length there has not arrived.
func TestDestinationLosesBytes(t *testing.T) {
	w, to := newWorld(t, 1).some(20), emptyDestination()
	short := w.blobOf("short", []byte("content"))
	to.Blobs = &shortening{to.Blobs.(*blobmemory.Store), short}
	_, err := w.move(to, final)
	if err == nil || !strings.Contains(err.Error(), "blob "+string(short)+" has 6 bytes there, and 7 here") {
		t.Errorf("got %v", err)
	}
	if _, arrived := rowsOf(t, to.Rows)["R"+string(short)]; arrived {
		t.Error("the destination's rows say that it has arrived")
	}
}
