package objectstore_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	blobmemory "ossd/engine/blob/memory"
	metamemory "ossd/engine/meta/memory"
	"ossd/objectstore"
)

// open returns a store on the strict engine, which also runs every transaction twice.
func open(t *testing.T, change func(*objectstore.Config)) *objectstore.Store {
	t.Helper()
	c := objectstore.Config{Rows: metamemory.Open(metamemory.Config{RunTwice: true}), Blobs: blobmemory.New()}
	if change != nil {
		change(&c)
	}
	return objectstore.New(c)
}

func bucket(t *testing.T, s *objectstore.Store, name string) objectstore.Bucket {
	t.Helper()
	b, err := s.CreateBucket(t.Context(), objectstore.Bucket{Name: name, Owner: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, s *objectstore.Store, b objectstore.Bucket, key, content string) objectstore.Object {
	t.Helper()
	o, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: key, Incoming: objectstore.Incoming{Body: strings.NewReader(content), Size: int64(len(content))}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// get reads the current object of a key; ok is false if there is none.
func get(ctx context.Context, s *objectstore.Store, bucket, key string) (content string, o objectstore.Object, ok bool, err error) {
	found, err := s.Find(ctx, bucket, key, "")
	if err != nil || found.Object == nil {
		return "", objectstore.Object{}, false, err
	}
	content, err = readAll(ctx, s, bucket, found.Object)
	return content, *found.Object, true, err
}

// readAll reads an object's content.
func readAll(ctx context.Context, s *objectstore.Store, bucket string, o *objectstore.Object) (string, error) {
	r, err := s.Open(ctx, bucket, o, 0, -1)
	if err != nil {
		return "", err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return string(content), err
}

func wantKind(t *testing.T, err error, kind objectstore.Kind) {
	t.Helper()
	if !errors.Is(err, &objectstore.Error{Kind: kind}) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func TestPutDescribes(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	content := strings.Repeat("0123456789", 100_000) // several buffers
	for _, size := range []int64{int64(len(content)), -1} {
		o, err := s.PutObject(t.Context(), objectstore.Put{
			Bucket: b, Key: "a/../b", Incoming: objectstore.Incoming{Body: strings.NewReader(content), Size: size},
			Properties: objectstore.Properties{
				Headers: []objectstore.Header{{Name: "Content-Type", Value: "text/plain"}}, Metadata: []objectstore.Header{{Name: "color", Value: "\xe8\x93\x9d\xff"}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum([]byte(content))
		if o.ETag != strings.ToUpper(hex.EncodeToString(sum[:])) || o.CRC64 != crc64.Checksum([]byte(content), crc64.MakeTable(crc64.ECMA)) || o.Size != int64(len(content)) {
			t.Errorf("size %d: put returned %+v", size, o)
		}
		got, found, ok, err := get(t.Context(), s, "demo", "a/../b")
		if err != nil || !ok || got != content {
			t.Fatalf("size %d: read %d bytes, %t, %v", size, len(got), ok, err)
		}
		if !found.LastModified.Equal(o.LastModified) || found.Metadata[0].Value != "\xe8\x93\x9d\xff" || found.Headers[0].Value != "text/plain" || found.StorageClass != objectstore.Standard {
			t.Errorf("size %d: found %+v after put of %+v", size, found, o)
		}
	}
}

// A refused write leaves what was there untouched.
func TestPutRefuses(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	put(t, s, b, "a", "old")
	broken := io.MultiReader(strings.NewReader("ne"), errReader{io.ErrUnexpectedEOF})
	crc := uint64(1)
	for name, c := range map[string]struct {
		put  objectstore.Put
		kind objectstore.Kind
	}{
		"empty name":          {objectstore.Put{Key: ""}, objectstore.ObjectNameEmpty},
		"long name":           {objectstore.Put{Key: strings.Repeat("k", 1024)}, objectstore.ObjectNameTooLong},
		"name not UTF-8":      {objectstore.Put{Key: "a\xff"}, objectstore.ObjectNameEncoding},
		"leading slash":       {objectstore.Put{Key: "/a"}, objectstore.ObjectNameStart},
		"leading backslash":   {objectstore.Put{Key: `\a`}, objectstore.ObjectNameStart},
		"announced too large": {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Size: objectstore.MaxObjectSize + 1}}, objectstore.EntityTooLarge},
		"short body":          {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("ne"), Size: 3}}, objectstore.IncompleteBody},
		"broken body":         {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: broken, Size: 3}}, objectstore.IncompleteBody},
		"broken chunked body": {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: io.MultiReader(strings.NewReader("ne"), errReader{io.ErrUnexpectedEOF}), Size: -1}}, objectstore.IncompleteBody},
		"other MD5":           {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("new"), Size: 3, MD5: make([]byte, 16)}}, objectstore.InvalidDigest},
		"other CRC64":         {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("new"), Size: 3, CRC64: &crc}}, objectstore.InvalidCRC64},
		"overwrite forbidden": {objectstore.Put{Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("new"), Size: 3}, ForbidOverwrite: true}, objectstore.FileAlreadyExists},
		"much metadata":       {objectstore.Put{Key: "a", Properties: objectstore.Properties{Metadata: []objectstore.Header{{Name: "m", Value: strings.Repeat("v", 8192)}}}}, objectstore.MetadataTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			c.put.Bucket = b
			if c.put.Body == nil {
				c.put.Body = strings.NewReader("")
			}
			_, err := s.PutObject(t.Context(), c.put)
			wantKind(t, err, c.kind)
			if got, _, ok, err := get(t.Context(), s, "demo", "a"); err != nil || !ok || got != "old" {
				t.Errorf("afterwards the object is %q, %t, %v; want the old one", got, ok, err)
			}
		})
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestBucketRules(t *testing.T) {
	s := open(t, func(c *objectstore.Config) { c.MaxBuckets = 3 })
	ctx := t.Context()
	for _, name := range []string{"", "ab", "-abc", "abc-", "ABC", "a.b", "a_b", strings.Repeat("a", 64), "abc\x00"} {
		_, err := s.CreateBucket(ctx, objectstore.Bucket{Name: name, Owner: "1"})
		wantKind(t, err, objectstore.InvalidBucketName)
	}
	first := bucket(t, s, "demo")
	if first.ACL != objectstore.Private || first.StorageClass != objectstore.Standard || first.Redundancy != objectstore.LRS {
		t.Errorf("defaults: %+v", first)
	}
	_, err := s.CreateBucket(ctx, objectstore.Bucket{Name: "demo", Owner: "2"})
	wantKind(t, err, objectstore.BucketAlreadyExists)
	_, err = s.CreateBucket(ctx, objectstore.Bucket{Name: "demo", Owner: "1", StorageClass: objectstore.IA})
	wantKind(t, err, objectstore.BucketConflict)
	_, err = s.CreateBucket(ctx, objectstore.Bucket{Name: "demo", Owner: "1", ACL: objectstore.PublicRead})
	wantKind(t, err, objectstore.BucketConflict) // who has not found it has not asked to change it
	again, err := s.CreateBucket(ctx, objectstore.Bucket{ID: first.ID, Name: "demo", Owner: "1", ACL: objectstore.PublicRead})
	if err != nil || again.ACL != objectstore.PublicRead || again.ID != first.ID {
		t.Errorf("repeated creation: %+v, %v", again, err)
	}
	bucket(t, s, "demo-2")
	bucket(t, s, "demo-3")
	_, err = s.CreateBucket(ctx, objectstore.Bucket{Name: "demo-4", Owner: "1"})
	wantKind(t, err, objectstore.TooManyBuckets)
	if _, err := s.CreateBucket(ctx, objectstore.Bucket{Name: "demo-4", Owner: "2"}); err != nil {
		t.Errorf("another account's bucket: %v", err)
	}

	page, err := s.Buckets(ctx, objectstore.ListBuckets{Account: "1", Prefix: "demo-", Limit: 1})
	if err != nil || len(page.Buckets) != 1 || page.Buckets[0].Name != "demo-2" || !page.More || page.NextMarker != "demo-2" {
		t.Errorf("first page: %+v, %v", page, err)
	}
	page, err = s.Buckets(ctx, objectstore.ListBuckets{Account: "1", Prefix: "demo-", After: "demo-2", Limit: 10})
	if err != nil || len(page.Buckets) != 1 || page.Buckets[0].Name != "demo-3" || page.More || page.NextMarker != "" {
		t.Errorf("last page: %+v, %v", page, err)
	}

	put(t, s, first, "a", "x")
	wantKind(t, s.DeleteBucket(ctx, first), objectstore.BucketNotEmpty)
	if _, err := s.DeleteObject(ctx, first, objectstore.Deletion{Key: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteBucket(ctx, first); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.DeleteBucket(ctx, first), objectstore.NoSuchBucket)
	_, err = s.Bucket(ctx, "demo")
	wantKind(t, err, objectstore.NoSuchBucket)
}

// Access was granted to one bucket; a new one of its name is another.
func TestReplacedBucketIsAnother(t *testing.T) {
	s := open(t, nil)
	ctx := t.Context()
	old := bucket(t, s, "demo")
	if err := s.DeleteBucket(ctx, old); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateBucket(ctx, objectstore.Bucket{Name: "demo", Owner: "2"}); err != nil {
		t.Fatal(err)
	}
	_, err := s.PutObject(ctx, objectstore.Put{Bucket: old, Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader(""), Size: 0}})
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = s.DeleteObject(ctx, old, objectstore.Deletion{Key: "a"})
	wantKind(t, err, objectstore.NoSuchBucket)
	wantKind(t, s.DeleteBucket(ctx, old), objectstore.NoSuchBucket)
}

// A reader of a key that is being replaced sees one of the contents, whole.
func TestReplaceIsAtomic(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	put(t, s, b, "a", "start")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				content := strings.Repeat(fmt.Sprintf("%d-%d|", w, i), 2000)
				if _, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader(content), Size: -1}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	reads := 0
	for ctx.Err() == nil {
		content, o, ok, err := get(t.Context(), s, "demo", "a")
		if err != nil || !ok {
			t.Fatalf("read: %t, %v", ok, err)
		}
		if sum := md5.Sum([]byte(content)); o.ETag != strings.ToUpper(hex.EncodeToString(sum[:])) {
			t.Fatalf("read %d bytes that are not those of ETag %s", len(content), o.ETag)
		}
		reads++
	}
	wg.Wait()
	if reads == 0 {
		t.Fatal("nothing was read")
	}
}

// A bucket is deleted only while it is empty, whatever is being put.
func TestDeleteBucketRacesPut(t *testing.T) {
	s := open(t, nil)
	for range 200 {
		b := bucket(t, s, "demo")
		var wg sync.WaitGroup
		var putErr, deleteErr error
		wg.Go(func() {
			_, putErr = s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "a", Incoming: objectstore.Incoming{Body: strings.NewReader("x"), Size: 1}})
		})
		wg.Go(func() { deleteErr = s.DeleteBucket(t.Context(), b) })
		wg.Wait()
		if putErr == nil {
			wantKind(t, deleteErr, objectstore.BucketNotEmpty)
			if _, err := s.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "a"}); err != nil {
				t.Fatal(err)
			}
			if err := s.DeleteBucket(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		} else {
			wantKind(t, putErr, objectstore.NoSuchBucket)
			if deleteErr != nil {
				t.Fatal(deleteErr)
			}
		}
	}
}
