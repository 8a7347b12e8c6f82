package objectstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	blobfile "ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/objectstore"
)

// wantSound checks and scrubs a store in which nothing is wrong.
func wantSound(t *testing.T, s *objectstore.Store) objectstore.Checked {
	t.Helper()
	found := func(f objectstore.Finding) { t.Errorf("found %+v", f) }
	checked, err := s.Check(t.Context(), objectstore.Checking{Found: found})
	if err != nil {
		t.Fatal(err)
	}
	scrubbed, err := s.Scrub(t.Context(), objectstore.Scrubbing{Found: found})
	if err != nil || scrubbed.Bytes != checked.Bytes {
		t.Fatalf("scrubbed %+v, %v; check counts %d bytes", scrubbed, err, checked.Bytes)
	}
	return checked
}

// check returns the findings in the form "kind bucket/key@version part blob".
func check(t *testing.T, s *objectstore.Store, change func(*objectstore.Checking)) (found []objectstore.Finding, seen objectstore.Checked) {
	t.Helper()
	c := objectstore.Checking{Found: func(f objectstore.Finding) { found = append(found, f) }}
	if change != nil {
		change(&c)
	}
	seen, err := s.Check(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if int(seen.Findings) != len(found) {
		t.Errorf("%d findings are counted, %d were told", seen.Findings, len(found))
	}
	return found, seen
}

// populated is a store with one of everything, on real engines for bytes.
type populated struct {
	*objectstore.Store
	rows          meta.Store
	blobs         *segment.Store
	dir           string
	plain, kept   objectstore.Bucket // without versions, and with
	small, large  objectstore.Object
	first, second objectstore.Object // versions of one key
	upload        objectstore.Upload
	now           time.Time
}

const largeSize = 300 << 10

func populate(t *testing.T) *populated {
	t.Helper()
	p := &populated{dir: t.TempDir(), now: time.Now(), rows: metamemory.Open(metamemory.Config{RunTwice: true})}
	clock := func() time.Time { return p.now }
	large, err := blobfile.Open(blobfile.Config{Dir: filepath.Join(p.dir, "blob")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { large.Close() })
	if p.blobs, err = segment.Open(segment.Config{Dir: filepath.Join(p.dir, "segments"), Large: large, Active: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.blobs.Close() })
	s := objectstore.New(objectstore.Config{Rows: p.rows, Blobs: p.blobs, Now: clock})
	p.Store = s
	p.plain, p.kept = bucket(t, s, "plain"), bucket(t, s, "kept")
	p.small = put(t, s, p.plain, "small", "a small object")
	p.large = put(t, s, p.plain, "large", strings.Repeat("0123456789abcdef", largeSize/16))
	put(t, s, p.plain, "empty", "")
	put(t, s, p.plain, "replaced", "old")
	put(t, s, p.plain, "replaced", "new")
	if err := s.SetPolicy(t.Context(), p.plain, "{}"); err != nil {
		t.Fatal(err)
	}
	put(t, s, p.kept, "null", "null version")
	if err := s.SetVersioning(t.Context(), p.kept, objectstore.Enabled); err != nil {
		t.Fatal(err)
	}
	put(t, s, p.kept, "null", "later version")
	p.first = put(t, s, p.kept, "key", "first version")
	p.second = put(t, s, p.kept, "key", "second version")
	put(t, s, p.kept, "deleted", "x")
	if _, err := s.DeleteObject(t.Context(), p.kept, objectstore.Deletion{Key: "deleted"}); err != nil {
		t.Fatal(err)
	}
	p.append(t, "log", "one ", "two ", "three")
	p.complete(t, "joined")
	p.upload = p.begin(t, "under way")
	return p
}

func (p *populated) append(t *testing.T, key string, texts ...string) {
	t.Helper()
	position := int64(0)
	for _, text := range texts {
		if _, err := p.AppendObject(t.Context(), objectstore.Append{
			Bucket: p.plain, Key: key, Position: position, Incoming: objectstore.Incoming{Body: strings.NewReader(text), Size: int64(len(text))},
		}); err != nil {
			t.Fatal(err)
		}
		position += int64(len(text))
	}
}

// begin starts an upload that has two parts.
func (p *populated) begin(t *testing.T, key string) objectstore.Upload {
	t.Helper()
	u, err := p.NewUpload(t.Context(), p.plain, objectstore.Upload{Key: key}, false)
	if err != nil {
		t.Fatal(err)
	}
	for number, size := range []int{objectstore.MinPartSize, 10} {
		if _, err := p.PutPart(t.Context(), objectstore.PutPart{
			Bucket: p.plain, Key: key, Upload: u.ID, Number: number + 1,
			Incoming: objectstore.Incoming{Body: bytes.NewReader(bytes.Repeat([]byte{byte(number)}, size)), Size: int64(size)},
		}); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

func (p *populated) complete(t *testing.T, key string) {
	t.Helper()
	u := p.begin(t, key)
	if _, err := p.CompleteUpload(t.Context(), objectstore.Complete{Bucket: p.plain, Key: key, Upload: u.ID, All: true}); err != nil {
		t.Fatal(err)
	}
}

// row changes the one row whose key begins with prefix and has part in it: nil deletes it.
func (p *populated) row(t *testing.T, prefix, part string, change func(value []byte) []byte) {
	t.Helper()
	keys := slices.DeleteFunc(allRows(t, p.rows, []byte(prefix)), func(key string) bool { return !strings.Contains(key, part) })
	if len(keys) != 1 {
		t.Fatalf("%d rows begin with %q and have %q", len(keys), prefix, part)
	}
	p.set(t, keys[0], change)
}

func (p *populated) set(t *testing.T, key string, change func([]byte) []byte) {
	t.Helper()
	err := p.rows.Update(t.Context(), []meta.Lock{meta.Exclusive(key)}, func(tx meta.Tx) error {
		value, err := tx.Get([]byte(key))
		if err != nil && !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		if value = change(value); value == nil {
			return tx.Delete([]byte(key))
		}
		return tx.Put([]byte(key), value)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func drop([]byte) []byte { return nil }

// refOf is the reference by which the blob of a key's only version is named.
func (p *populated) refOf(t *testing.T, bucket, key string) blob.Ref {
	t.Helper()
	for _, row := range allRows(t, p.rows, []byte("R")) {
		if p.valueOf(t, row) == "B"+bucket+"\x00o"+key {
			return blob.Ref(row[1:])
		}
	}
	t.Fatalf("no blob was written for %s/%s", bucket, key)
	return ""
}

// extent is the reference of the n-th blob that was written for a key.
func (p *populated) extent(t *testing.T, key string, n int) blob.Ref {
	t.Helper()
	var rows []string // of this content: the one whose blobs were written for the key
	for _, row := range allRows(t, p.rows, []byte("E")) {
		if ref := row[1+32+8:]; p.valueOf(t, "R"+ref) == "Bplain\x00o"+key {
			rows = append(rows, ref)
		}
	}
	return blob.Ref(rows[n])
}

func (p *populated) valueOf(t *testing.T, key string) (value string) {
	t.Helper()
	if err := p.rows.View(t.Context(), func(s meta.Snapshot) error {
		b, err := s.Get([]byte(key))
		value = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return value
}

func (p *populated) largeFile(t *testing.T) string {
	t.Helper()
	return p.blobs.Where(p.refOf(t, "plain", "large"))
}

// segmentFile returns the only segment, and where in it the record of a key begins.
func (p *populated) segmentFile(t *testing.T, bucket, key string) (path string, offset int64) {
	t.Helper()
	if _, err := fmt.Sscanf(p.blobs.Where(p.refOf(t, bucket, key)), "%s at %d", &path, &offset); err != nil {
		t.Fatal(err)
	}
	return path, offset
}

// flip changes a byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

func TestCheckCounts(t *testing.T) {
	p := populate(t)
	seen := wantSound(t, p.Store)
	want := objectstore.Checked{
		Buckets: 2, Objects: 8, Versions: 3, Markers: 1, Uploads: 1, Parts: 2, Garbage: 1, Blobs: 17, BlobBytes: seen.BlobBytes,
		// plain: small, large, replaced, log, joined; kept: null (two), key (two), deleted; the parts
		Bytes: 14 + largeSize + 3 + 13 + (objectstore.MinPartSize + 10) + (12 + 13 + 13 + 14 + 1) + (objectstore.MinPartSize + 10),
	}
	if seen != want || seen.BlobBytes != seen.Bytes+3 { // and what was replaced
		t.Errorf("checked %+v, want %+v", seen, want)
	}
}

// Each kind of damage is found, named, and told once.
func TestCheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(t *testing.T, p *populated)
		want []string // "kind where: text"
	}{
		"large file lost": {func(t *testing.T, p *populated) { must(t, os.Remove(p.largeFile(t))) },
			[]string{"missing plain/large@null: its 307200 bytes are not there"}},
		"large file cut": {func(t *testing.T, p *populated) { must(t, os.Truncate(p.largeFile(t), 1000)) },
			[]string{"length plain/large@null: there are 996 bytes"}},
		"large file without its checksums": {func(t *testing.T, p *populated) { must(t, os.Truncate(p.largeFile(t), largeSize)) },
			[]string{"length plain/large@null: there are 307180 bytes, 307200 were written"}},
		"record's header damaged": {func(t *testing.T, p *populated) {
			path, at := p.segmentFile(t, "plain", "small")
			flip(t, path, at+16)
		}, []string{"damaged plain/small@null: "}},
		"blob deleted": {func(t *testing.T, p *populated) { must(t, p.blobs.Delete(t.Context(), p.refOf(t, "plain", "small"))) },
			[]string{"missing plain/small@null: its 14 bytes"}},
		"blob of an append lost": {func(t *testing.T, p *populated) {
			must(t, p.blobs.Delete(t.Context(), p.extent(t, "log", 1)))
		}, []string{"missing plain/log@null: its 4 bytes are not there"}},
		"row of extents lost": {func(t *testing.T, p *populated) {
			p.row(t, "E", string(p.extent(t, "log", 1)), drop)
		}, []string{"reference : a row says", "row plain/log@null: its blobs from 4 on end at 9, their row says 13"}},
		"last extents lost": {func(t *testing.T, p *populated) {
			p.row(t, "E", string(p.extent(t, "log", 2)), drop)
		}, []string{"reference : a row says", "row plain/log@null: the object has 13 bytes, its blobs 8"}},
		"object of extents lost": {func(t *testing.T, p *populated) { p.set(t, "Bplain\x00ojoined", drop) },
			[]string{"reference : rows list the blobs of the content "}},
		"bucket's row lost": {func(t *testing.T, p *populated) { p.set(t, "Bkept\x00", drop) },
			[]string{"row : row \"Bkept\\x00nnull\": there is no bucket", "row : row \"O1\\x00kept\": there is no such bucket"}},
		"owner's row lost": {func(t *testing.T, p *populated) { p.set(t, "O1\x00kept", drop) },
			[]string{"row kept/: row \"Bkept\\x00\": account 1 has no row"}},
		"object's row lost": {func(t *testing.T, p *populated) { p.set(t, "Bplain\x00osmall", drop) },
			[]string{"reference : a row says that the blob is in use, but nothing uses it"}},
		"reference lost": {func(t *testing.T, p *populated) { p.set(t, "R"+string(p.refOf(t, "plain", "small")), drop) },
			[]string{"reference plain/small@null: no row says that the blob is in use"}},
		"reference of another key": {func(t *testing.T, p *populated) {
			p.set(t, "R"+string(p.refOf(t, "plain", "small")), func([]byte) []byte { return []byte("Bplain\x00oother") })
		}, []string{"reference plain/small@null: the blob was written for row"}},
		"two rows, one blob": {func(t *testing.T, p *populated) {
			value := p.valueOf(t, "Bplain\x00osmall")
			p.set(t, "Bplain\x00osmall2", func([]byte) []byte { return []byte(value) })
		}, []string{"reference : 2 rows name the blob", "reference plain/small2@null: the blob was written for row"}},
		"two rows, one content": {func(t *testing.T, p *populated) {
			value := p.valueOf(t, "Bplain\x00olog")
			p.set(t, "Bplain\x00olog2", func([]byte) []byte { return []byte(value) })
		}, []string{"reference : 2 rows name the content", "reference plain/log2@null: the blob was written for row",
			"reference plain/log2@null: the blob was written for row", "reference plain/log2@null: the blob was written for row"}},
		"policy lost": {func(t *testing.T, p *populated) { p.set(t, "Bplain\x00cpolicy", drop) },
			[]string{"row plain/: row \"Bplain\\x00\": the bucket's policy is there: false"}},
		"upload's row lost": {func(t *testing.T, p *populated) { p.row(t, "Bplain\x00u", "", drop) },
			[]string{"row plain/under way part 1: the part belongs to no upload", "row plain/under way part 2: the part belongs to no upload"}},
		"null row lost": {func(t *testing.T, p *populated) { p.set(t, "Bkept\x00nnull", drop) },
			[]string{"row kept/: row \"Bkept\\x00vnull"}},
		"null row leads nowhere": {func(t *testing.T, p *populated) {
			p.set(t, "Bkept\x00nnew", func([]byte) []byte { return make([]byte, 8) })
		},
			[]string{"row kept/: row \"Bkept\\x00nnew\": the null version that it speaks of is not there"}},
		"current version lost": {func(t *testing.T, p *populated) { p.set(t, "Bkept\x00okey", drop) },
			[]string{"reference : a row says", "row kept/: row \"Bkept\\x00vkey"}},
		"current version stale": {func(t *testing.T, p *populated) {
			p.row(t, "Bkept\x00vkey\x00", "", func(old []byte) []byte { p.set(t, "Bkept\x00okey", func([]byte) []byte { return old }); return old })
		}, []string{"reference : 2 rows name the blob", "reference : a row says", "row kept/: row \"Bkept\\x00vkey"}},
		"row garbled": {func(t *testing.T, p *populated) {
			p.set(t, "Bplain\x00oempty", func([]byte) []byte { return []byte{0xff} })
		}, []string{"row plain/: row \"Bplain\\x00oempty\"", "reference : a row says"}},
		"unknown row":   {func(t *testing.T, p *populated) { p.set(t, "Zebra", func([]byte) []byte { return []byte{} }) }, []string{"row : row \"Zebra\": there are no such rows"}},
		"garbage alone": {func(t *testing.T, p *populated) { p.set(t, "G12345678mine", func([]byte) []byte { return []byte{} }) }, []string{"reference : no row says that the blob is in use"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := populate(t)
			c.harm(t, p)
			found, _ := check(t, p.Store, nil)
			wantFindings(t, found, c.want)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFindings(t *testing.T, found []objectstore.Finding, want []string) {
	t.Helper()
	var got []string
	for _, f := range found {
		where := ""
		if f.Bucket != "" {
			where = f.Bucket + "/" + f.Key
		}
		if f.Version != "" {
			where += "@" + f.Version
		}
		if f.Part != 0 {
			where += fmt.Sprint(" part ", f.Part)
		}
		if f.Blob != "" && f.File == "" && f.Blob != "mine" {
			t.Errorf("%+v names no file", f)
		}
		got = append(got, fmt.Sprintf("%s %s: %s", f.Kind, where, f.Text))
	}
	slices.Sort(got)
	slices.Sort(want)
	ok := len(got) == len(want)
	for i := range got {
		ok = ok && strings.HasPrefix(got[i], want[i])
	}
	if !ok {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
