package objectstore_test

import (
	"reflect"
	"testing"
	"time"

	"ossd/objectstore"
)

// Another ACL changes nothing else of an object.
func TestSetObjectACL(t *testing.T) {
	now := time.Now()
	s := open(t, func(c *objectstore.Config) { c.Now = func() time.Time { return now } })
	b := bucket(t, s, "demo")
	put(t, s, b, "k", "content")
	_, want, _, err := get(t.Context(), s, "demo", "k")
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	for _, acl := range []objectstore.ACL{objectstore.PublicRead, objectstore.PublicRead, objectstore.DefaultACL} {
		if _, err := s.SetObjectACL(t.Context(), b, "k", "", acl); err != nil {
			t.Fatal(err)
		}
		want.ACL = acl
		if got, o, ok, err := get(t.Context(), s, "demo", "k"); got != "content" || !ok || err != nil || !reflect.DeepEqual(o, want) {
			t.Errorf("%s: %q, %+v, %t, %v; want %+v", acl, got, o, ok, err, want)
		}
	}
	_, err = s.SetObjectACL(t.Context(), b, "absent", "", objectstore.Private)
	wantKind(t, err, objectstore.NoSuchKey)
}

func TestSetBucketACL(t *testing.T) {
	s := open(t, nil)
	ctx := t.Context()
	b := bucket(t, s, "demo")
	if err := s.SetBucketACL(ctx, b, objectstore.PublicRead); err != nil {
		t.Fatal(err)
	}
	want := b
	want.ACL = objectstore.PublicRead
	if got, err := s.Bucket(ctx, "demo"); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if err := s.DeleteBucket(ctx, b); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.SetBucketACL(ctx, b, objectstore.Private), objectstore.NoSuchBucket)
	if _, err := s.CreateBucket(ctx, objectstore.Bucket{Name: "demo", Owner: "2"}); err != nil {
		t.Fatal(err)
	}
	// Access was granted to the bucket that is gone.
	wantKind(t, s.SetBucketACL(ctx, b, objectstore.PublicRead), objectstore.NoSuchBucket)
	_, err := s.SetObjectACL(ctx, b, "k", "", objectstore.PublicRead)
	wantKind(t, err, objectstore.NoSuchBucket)
	_, err = s.DeleteObject(ctx, b, objectstore.Deletion{Key: "k"})
	wantKind(t, err, objectstore.NoSuchBucket)
}
