package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
	blobmemory "ossd/engine/blob/memory"
	metamemory "ossd/engine/meta/memory"
	"ossd/objectstore"
)

var (
	blue = []objectstore.Header{{Name: "color", Value: "blue"}}
	red  = []objectstore.Header{{Name: "color", Value: "red"}}
)

// copyOf asks for a copy of what lies at from now.
func copyOf(t *testing.T, s *objectstore.Store, from objectstore.Bucket, key string, to objectstore.Put) objectstore.Copy {
	t.Helper()
	found, err := s.Find(t.Context(), from.Name, key, "")
	if err != nil || found.Object == nil {
		t.Fatalf("source %q: %+v, %v", key, found, err)
	}
	return objectstore.Copy{Put: to, From: from, Source: found.Object}
}

// A copy has the source's content, ETag and CRC, its metadata if asked to keep
// it, and neither its ACL nor its class; it stays when the source goes.
func TestCopyObject(t *testing.T) {
	now := time.Now()
	s := open(t, func(c *objectstore.Config) { c.Now = func() time.Time { return now } })
	a, b := bucket(t, s, "from"), bucket(t, s, "into")
	content := strings.Repeat("0123456789", 100_000) // several buffers
	source, err := s.PutObject(t.Context(), objectstore.Put{
		Bucket: a, Key: "k", Incoming: objectstore.Incoming{Body: strings.NewReader(content), Size: -1}, Properties: objectstore.Properties{
			Metadata: blue, Headers: []objectstore.Header{{Name: "Content-Type", Value: "text/plain"}}, ACL: objectstore.PublicRead, StorageClass: objectstore.IA,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, into := range []objectstore.Bucket{a, b} {
		for _, keep := range []bool{true, false} {
			c := copyOf(t, s, a, "k", objectstore.Put{Bucket: into, Key: "copy", Properties: objectstore.Properties{Metadata: red}})
			c.KeepMetadata = keep
			if _, err := s.CopyObject(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got, o, ok, err := get(t.Context(), s, into.Name, "copy")
			if err != nil || !ok || got != content || o.ETag != source.ETag || o.CRC64 != source.CRC64 || o.Size != source.Size {
				t.Errorf("keep %t: %d bytes, %+v, %t, %v", keep, len(got), o, ok, err)
			}
			color, headers := "red", 0
			if keep {
				color, headers = "blue", 1
			}
			if o.Metadata[0].Value != color || len(o.Headers) != headers || o.ACL != objectstore.DefaultACL || o.StorageClass != objectstore.Standard {
				t.Errorf("keep %t: %+v", keep, o)
			}
		}
	}
	if _, err := s.DeleteObject(t.Context(), a, objectstore.Deletion{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if _, err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"from", "into"} {
		if got, _, ok, err := get(t.Context(), s, name, "copy"); got != content || !ok || err != nil {
			t.Errorf("after its source was freed the copy in %s has %d bytes, %t, %v", name, len(got), ok, err)
		}
	}
}

// An object that is copied onto itself changes everything but its content, which is not written again.
func TestCopyOntoItself(t *testing.T) {
	now, blobs := time.Now(), blobmemory.New()
	s := open(t, func(c *objectstore.Config) { c.Now, c.Blobs = func() time.Time { return now }, blobs })
	b := bucket(t, s, "demo")
	put(t, s, b, "k", "content")
	before := now
	now = now.Add(time.Minute)
	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: red, ACL: objectstore.PublicRead, StorageClass: objectstore.IA}})
	c.KeepMetadata = true // which has no effect here
	if _, err := s.CopyObject(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	sweep(t, s, objectstore.Swept{})
	got, o, ok, err := get(t.Context(), s, "demo", "k")
	if got != "content" || !ok || err != nil || o.Metadata[0].Value != "red" || o.ACL != objectstore.PublicRead || o.StorageClass != objectstore.IA {
		t.Errorf("rewritten: %q, %+v, %t, %v", got, o, ok, err)
	}
	if want := before.Add(time.Minute); !o.LastModified.Equal(want) {
		t.Errorf("last modified %v, want %v", o.LastModified, want)
	}
	if n := count(t, blobs); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
}

// A refused copy leaves the target as it was, and no bytes behind.
func TestCopyRefuses(t *testing.T) {
	blobs := blobmemory.New()
	s := open(t, func(c *objectstore.Config) { c.Blobs = blobs })
	b := bucket(t, s, "demo")
	put(t, s, b, "source", "content")
	put(t, s, b, "k", "old")
	gone := bucket(t, s, "gone")
	if err := s.DeleteBucket(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	denied := errors.New("denied")
	long := []objectstore.Header{{Name: "m", Value: strings.Repeat("v", 8192)}}
	for name, c := range map[string]struct {
		source string
		put    objectstore.Put
		want   error
	}{
		"overwrite forbidden":          {"source", objectstore.Put{Bucket: b, Key: "k", ForbidOverwrite: true}, &objectstore.Error{Kind: objectstore.FileAlreadyExists}},
		"overwrite of self forbidden":  {"k", objectstore.Put{Bucket: b, Key: "k", ForbidOverwrite: true}, &objectstore.Error{Kind: objectstore.FileAlreadyExists}},
		"invalid name":                 {"source", objectstore.Put{Bucket: b, Key: "/k"}, &objectstore.Error{Kind: objectstore.ObjectNameStart}},
		"much metadata":                {"source", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: long}}, &objectstore.Error{Kind: objectstore.MetadataTooLarge}},
		"much metadata for self":       {"k", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: long}}, &objectstore.Error{Kind: objectstore.MetadataTooLarge}},
		"bucket gone":                  {"source", objectstore.Put{Bucket: gone, Key: "k"}, &objectstore.Error{Kind: objectstore.NoSuchBucket}},
		"permission lost while copied": {"source", objectstore.Put{Bucket: b, Key: "k", Incoming: objectstore.Incoming{Confirm: func() error { return denied }}}, denied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.CopyObject(t.Context(), copyOf(t, s, b, c.source, c.put))
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got, _, ok, err := get(t.Context(), s, "demo", "k"); got != "old" || !ok || err != nil {
				t.Errorf("afterwards the target is %q, %t, %v", got, ok, err)
			}
			if n := count(t, blobs); n != 2 {
				t.Errorf("%d blobs are left, want 2", n)
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	c := copyOf(t, s, b, "source", objectstore.Put{Bucket: b, Key: "k"})
	cancel()
	if _, err := s.CopyObject(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("a copy that nobody waits for: %v", err)
	}
	if got, _, _, err := get(t.Context(), s, "demo", "k"); got != "old" || err != nil {
		t.Errorf("afterwards the target is %q, %v", got, err)
	}
}

// damaging is a store whose blobs read differently from what was written.
type damaging struct {
	blob.Store
	damage func([]byte) []byte
}

type damaged struct {
	*bytes.Reader
	io.Closer
}

func (d damaging) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	r, err := d.Store.Open(ctx, ref, offset, length)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	return damaged{bytes.NewReader(d.damage(text)), r}, err
}

// Damaged content is not copied under the name of what it was, and is no fault of the client's.
func TestCopyVerifies(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"changed": func(b []byte) []byte { b = bytes.Clone(b); b[0] ^= 1; return b },
		"cut off": func(b []byte) []byte { return b[:len(b)-1] },
	} {
		t.Run(name, func(t *testing.T) {
			s := objectstore.New(objectstore.Config{Rows: metamemory.New(), Blobs: damaging{blobmemory.New(), damage}})
			b := bucket(t, s, "demo")
			put(t, s, b, "source", "content")
			_, err := s.CopyObject(t.Context(), copyOf(t, s, b, "source", objectstore.Put{Bucket: b, Key: "k"}))
			var rule *objectstore.Error
			if !errors.Is(err, blob.ErrCorrupt) || errors.As(err, &rule) {
				t.Errorf("copy of damaged content: %v", err)
			}
			if found, err := s.Find(t.Context(), "demo", "k", ""); err != nil || found.Object != nil {
				t.Errorf("afterwards: %+v, %v", found.Object, err)
			}
		})
	}
}

// Whoever writes while an object is copied onto itself, or gets another ACL, loses nothing.
func TestRewritesLoseNoPut(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	put(t, s, b, "k", "old")
	for i := range 200 {
		c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: red}})
		content := strings.Repeat("n", i)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.CopyObject(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := s.SetObjectACL(t.Context(), b, "k", "", objectstore.Private); err != nil {
				t.Error(err)
			}
		})
		put(t, s, b, "k", content)
		wg.Wait()
		got, o, ok, err := get(t.Context(), s, "demo", "k")
		if got != content || !ok || err != nil || o.Size != int64(i) || o.Metadata != nil {
			t.Fatalf("round %d: %q, %+v, %t, %v", i, got, o, ok, err)
		}
	}

	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k"})
	if _, err := s.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CopyObject(t.Context(), c); err != nil {
		t.Error(err)
	}
	if found, err := s.Find(t.Context(), "demo", "k", ""); err != nil || found.Object != nil {
		t.Errorf("a deleted object came back: %+v, %v", found.Object, err)
	}
}
