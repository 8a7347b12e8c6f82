package migrate

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ossd/access"
	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobfile "ossd/engine/blob/file"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/blob/segment"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

// world is a store in a directory, with everything in it that there can be.
type world struct {
	testing.TB
	*objectstore.Store
	access  *access.Directory
	dir     string
	plain   objectstore.Bucket
	kept    objectstore.Bucket // with versioning
	random  *rand.Rand
	uploads []objectstore.Upload
}

const (
	segmentLimit = 4 << 10 // longer blobs get a file of their own
	worldKeys    = 30
)

func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 1))}
	rows, err := pebble.Open(pebble.Config{Dir: filepath.Join(w.dir, "meta"), CacheBytes: 1 << 20})
	w.must(err)
	t.Cleanup(func() { rows.Close() })
	large, err := blobfile.Open(blobfile.Config{Dir: filepath.Join(w.dir, "blob")})
	w.must(err)
	t.Cleanup(func() { large.Close() })
	blobs, err := segment.Open(segment.Config{Dir: filepath.Join(w.dir, "segments"), Large: large, Limit: segmentLimit, SegmentBytes: 64 << 10})
	w.must(err)
	t.Cleanup(func() { blobs.Close() })
	w.Store = objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs, Grace: time.Nanosecond})
	w.access, err = access.Open(t.Context(), access.Config{Rows: rows, MasterKey: make([]byte, 32)})
	w.must(err)
	t.Cleanup(func() { w.access.Close() })
	account, _, err := w.access.CreateAccount(t.Context(), access.Account{ID: "1234567890123456", Name: "first"}, nil)
	w.must(err)
	w.plain, err = w.CreateBucket(t.Context(), objectstore.Bucket{Name: "plain", Owner: account.ID})
	w.must(err)
	w.kept, err = w.CreateBucket(t.Context(), objectstore.Bucket{Name: "kept", Owner: account.ID})
	w.must(err)
	w.must(w.SetVersioning(t.Context(), w.kept, objectstore.Enabled))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// some makes n random changes.
func (w *world) some(n int) *world {
	w.Helper()
	for range n {
		w.must(w.change(w.Context()))
	}
	return w
}

func (w *world) content() objectstore.Incoming {
	size := w.random.IntN(segmentLimit)
	if w.random.IntN(5) == 0 {
		size += 200_000 // some buffers of the file engine
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(w.random.Uint32())
	}
	return objectstore.Incoming{Body: bytes.NewReader(data), Size: int64(size)}
}

func (w *world) change(ctx context.Context) (err error) {
	bucket := w.plain
	if w.random.IntN(3) == 0 {
		bucket = w.kept
	}
	key := fmt.Sprintf("key-%d\x00/é", w.random.IntN(worldKeys))
	switch w.random.IntN(12) {
	case 0:
		_, err = w.DeleteObject(ctx, bucket, objectstore.Deletion{Key: key})
	case 1:
		var u objectstore.Upload
		u, err = w.NewUpload(ctx, w.plain, objectstore.Upload{Key: "upload"}, false)
		w.uploads = append(w.uploads, u)
	case 2, 3:
		if len(w.uploads) > 0 {
			u := w.uploads[w.random.IntN(len(w.uploads))]
			_, err = w.PutPart(ctx, objectstore.PutPart{Bucket: w.plain, Key: u.Key, Upload: u.ID, Number: 1 + w.random.IntN(3), Incoming: w.content()})
		}
	case 4:
		// Completed when it has one part, which may be of any length.
		u, err := w.NewUpload(ctx, w.plain, objectstore.Upload{Key: "joined"}, false)
		if err != nil {
			return err
		}
		if _, err := w.PutPart(ctx, objectstore.PutPart{Bucket: w.plain, Key: u.Key, Upload: u.ID, Number: 7, Incoming: w.content()}); err != nil {
			return err
		}
		_, err = w.CompleteUpload(ctx, objectstore.Complete{Bucket: w.plain, Key: u.Key, Upload: u.ID, All: true})
		return err
	case 5:
		found, err := w.Find(ctx, "plain", "log", "")
		if err != nil {
			return err
		}
		position := int64(0)
		if found.Object != nil {
			position = found.Object.Size
		}
		_, err = w.AppendObject(ctx, objectstore.Append{Bucket: w.plain, Key: "log", Position: position, Incoming: w.content()})
		return err
	case 6:
		name := fmt.Sprint("user-", w.random.Uint32())
		if _, err = w.access.CreateUser(ctx, access.User{AccountID: w.plain.Owner, Name: name}); err == nil {
			_, err = w.access.CreateAccessKey(ctx, w.plain.Owner, name)
		}
	case 7:
		_, err = w.Sweep(ctx)
	default:
		_, err = w.PutObject(ctx, objectstore.Put{Bucket: bucket, Key: key, Incoming: w.content()})
	}
	return err
}

func (w *world) source() Source {
	return Source{ID: "the-source", Rows: w.Rows, Blobs: w.Blobs, Hold: w.Hold}
}

// emptyDestination is strict: it runs every transaction twice.
func emptyDestination() Destination {
	return Destination{Rows: metamemory.Open(metamemory.Config{RunTwice: true}), Blobs: blobmemory.New()}
}

// move runs a migration.
func (w *world) move(to Destination, change func(*Config)) (Result, error) {
	c := Config{From: w.source(), To: to, Workers: 4, pageRows: 1 + rand.IntN(40), Found: func(f objectstore.Finding) { w.Errorf("found: %+v", f) }}
	if change != nil {
		change(&c)
	}
	return Run(w.Context(), c)
}

func final(c *Config) { c.Final = true }

// rowsOf reads all rows of a store.
func rowsOf(t testing.TB, store meta.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := store.View(context.Background(), func(rows meta.Snapshot) error {
		for row, err := range rows.Scan(nil, nil) {
			if err != nil {
				return err
			}
			all[string(row.Key)] = string(row.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// references are the blobs that rows name.
func referencesOf(rows map[string]string) (refs []blob.Ref) {
	for key := range rows {
		if key[0] == 'R' {
			refs = append(refs, blob.Ref(key[1:]))
		}
	}
	slices.Sort(refs)
	return refs
}

// wantMoved holds the destination against the source: the same rows, and of every
// blob that they name the same bytes, and no others; and it is a sound store.
func (w *world) wantMoved(to Destination) {
	w.Helper()
	from, have := rowsOf(w, w.Rows), rowsOf(w, to.Rows)
	if !maps.Equal(from, have) {
		w.Errorf("the destination has %d rows, the source %d, or others", len(have), len(from))
	}
	refs := referencesOf(from)
	if len(refs) == 0 {
		w.Error("there was nothing to move")
	}
	for _, ref := range refs {
		want, err := blobtest.Read(w.Blobs, ref)
		w.must(err)
		got, err := blobtest.Read(to.Blobs, ref)
		if err != nil || !bytes.Equal(got, want) {
			w.Errorf("blob %s: %d bytes, %v; want %d", ref, len(got), err, len(want))
		}
	}
	w.wantSound(to)
	if n := len(blobsOf(w, to.Blobs)); n != len(refs) {
		w.Errorf("%d blobs are in the destination, %d are referred to", n, len(refs))
	}
}

func blobsOf(t testing.TB, blobs blob.Store) (refs []blob.Ref) {
	t.Helper()
	err := blobs.Walk(context.Background(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error {
		refs = append(refs, ref)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

func (w *world) wantSound(to Destination) {
	w.Helper()
	moved := objectstore.New(objectstore.Config{Rows: to.Rows, Blobs: to.Blobs})
	found := func(f objectstore.Finding) { w.Errorf("in the destination: %+v", f) }
	_, err := moved.Check(context.Background(), objectstore.Checking{Found: found})
	w.must(err)
	_, err = moved.Scrub(context.Background(), objectstore.Scrubbing{Found: found})
	w.must(err)
	directory, err := access.Open(context.Background(), access.Config{Rows: to.Rows, MasterKey: make([]byte, 32)})
	w.must(err)
	defer directory.Close()
	if accounts, err := directory.Accounts(context.Background()); err != nil || len(accounts) != 1 {
		w.Errorf("accounts in the destination: %v, %v", accounts, err)
	}
}
