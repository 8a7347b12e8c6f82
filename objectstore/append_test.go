package objectstore_test

import (
	"strings"
	"testing"

	"ossd/objectstore"
)

func appendTo(t *testing.T, s *objectstore.Store, b objectstore.Bucket, key string, position int64, content string) objectstore.Object {
	t.Helper()
	o, err := s.AppendObject(t.Context(), objectstore.Append{Bucket: b, Key: key, Position: position, Incoming: incoming(content)})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What is appended while an object gets other metadata is not lost.
func TestCopyOntoItselfKeepsAppends(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	appendTo(t, s, b, "k", 0, "one")
	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: red}})
	appendTo(t, s, b, "k", 3, "two")
	if _, err := s.CopyObject(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got, o, _, err := get(t.Context(), s, "demo", "k"); got != "onetwo" || err != nil || text(o.Metadata) != text(red) {
		t.Errorf("the object reads %q, %+v, %v", got, o, err)
	}
}

// A symlink that is replaced while it gets other metadata stays replaced.
func TestCopyOntoItselfKeepsTarget(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	link := func(target string) {
		t.Helper()
		if _, err := s.PutSymlink(t.Context(), objectstore.PutLink{Bucket: b, Key: "k", Target: target}); err != nil {
			t.Fatal(err)
		}
	}
	link("old")
	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k"})
	link("new")
	if _, err := s.CopyObject(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Find(t.Context(), "demo", "k", ""); err != nil || found.Object.Target != "new" {
		t.Errorf("the link is %+v, %v", found.Object, err)
	}
}

// A bucket that keeps versions by the time of the commit keeps the one that is copied onto itself.
func TestCopyOntoItselfMeetsVersioning(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	put(t, s, b, "k", "content")
	appendTo(t, s, b, "grown", 0, "content")
	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "k", Properties: objectstore.Properties{Metadata: red}})
	grown := copyOf(t, s, b, "grown", objectstore.Put{Bucket: b, Key: "grown"})
	setVersioning(t, s, b, objectstore.Enabled)
	o, err := s.CopyObject(t.Context(), c)
	if err != nil || o.VersionID == "" {
		t.Fatalf("copied %+v, %v", o, err)
	}
	old, err := s.Find(t.Context(), "demo", "k", objectstore.NullVersion)
	if err != nil || old.Object == nil || old.Object.Metadata != nil {
		t.Errorf("the version before is %+v, %v", old.Object, err)
	}
	_, err = s.CopyObject(t.Context(), grown)
	wantKind(t, err, objectstore.AppendableSource)
}

// All appends to one object together are bounded, and the refused one leaves nothing.
func TestAppendTooLarge(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	_, err := s.AppendObject(t.Context(), objectstore.Append{
		Bucket: b, Key: "k", Incoming: objectstore.Incoming{Body: strings.NewReader(""), Size: objectstore.MaxObjectSize + 1},
	})
	wantKind(t, err, objectstore.EntityTooLarge)
}
