package objectstore_test

import (
	"slices"
	"testing"

	"ossd/objectstore"
)

func setVersioning(t *testing.T, s *objectstore.Store, b objectstore.Bucket, state objectstore.Versioning) {
	t.Helper()
	if err := s.SetVersioning(t.Context(), b, state); err != nil {
		t.Fatal(err)
	}
}

func initiate(t *testing.T, s *objectstore.Store, b objectstore.Bucket, u objectstore.Upload) objectstore.Upload {
	t.Helper()
	u, err := s.NewUpload(t.Context(), b, u, false)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func remove(t *testing.T, s *objectstore.Store, b objectstore.Bucket, all ...objectstore.Deletion) {
	t.Helper()
	if _, err := s.DeleteObjects(t.Context(), b, all); err != nil {
		t.Fatal(err)
	}
}

// The versions of a key are not those of one that continues it with a zero
// byte, though the rows of these begin with what those of the first begin with.
func TestVersionsOfContinuedKey(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	setVersioning(t, s, b, objectstore.Enabled)
	put(t, s, b, "k\x00", "old")
	put(t, s, b, "k\x00", "new")
	only := put(t, s, b, "k", "only")
	remove(t, s, b, objectstore.Deletion{Key: "k", Version: only.VersionID})
	if found, err := s.Find(t.Context(), "demo", "k", ""); err != nil || found.Object != nil {
		t.Errorf("after its only version was deleted the key has %+v, %v", found.Object, err)
	}
	remove(t, s, b, objectstore.Deletion{Key: "k\x00"})
	if found, err := s.Find(t.Context(), "demo", "k", ""); err != nil || found.Marker != nil {
		t.Errorf("the key has another's delete marker %+v, %v", found.Marker, err)
	}
}

// A marker is a common prefix only if it ends in the delimiter.
func TestMarkerShorterThanDelimiter(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	setVersioning(t, s, b, objectstore.Enabled)
	initiate(t, s, b, objectstore.Upload{Key: "k"})
	put(t, s, b, "k", "old")
	put(t, s, b, "k", "new")
	uploads, err := s.Uploads(t.Context(), objectstore.ListUploads{Bucket: "demo", Delimiter: "//", AfterKey: "k", Limit: 10})
	if err != nil || len(uploads.Uploads) != 0 {
		t.Errorf("behind its own key: %+v, %v", uploads, err)
	}
	versions, err := s.Versions(t.Context(), objectstore.ListVersions{Bucket: "demo", Delimiter: "//", AfterKey: "k", Limit: 10})
	if err != nil || len(versions.Versions) != 0 {
		t.Errorf("behind their own key: %+v, %v", versions, err)
	}
}

// A delimiter that is no UTF-8 is none: not the bytes that follow a key in its
// row, and not a half of a character.
func TestDelimiterIsText(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	setVersioning(t, s, b, objectstore.Enabled)
	for _, key := range []string{"a\x00b", "蓝"} {
		put(t, s, b, key, "old")
		put(t, s, b, key, "new")
		initiate(t, s, b, objectstore.Upload{Key: key})
	}
	for _, delimiter := range []string{"\xff", "\xf5", "\xf6", "\x00\xf5", "\xe8"} {
		objects, err1 := s.Objects(t.Context(), objectstore.ListObjects{Bucket: "demo", Delimiter: delimiter, Limit: 10})
		versions, err2 := s.Versions(t.Context(), objectstore.ListVersions{Bucket: "demo", Delimiter: delimiter, Limit: 10})
		uploads, err3 := s.Uploads(t.Context(), objectstore.ListUploads{Bucket: "demo", Delimiter: delimiter, Limit: 10})
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		if prefixes := slices.Concat(objects.CommonPrefixes, versions.CommonPrefixes, uploads.CommonPrefixes); len(prefixes) > 0 {
			t.Errorf("delimiter %q rolls up %q", delimiter, prefixes)
		}
		if len(objects.Objects) != 2 || len(versions.Versions) != 4 || len(uploads.Uploads) != 2 {
			t.Errorf("delimiter %q: %d objects, %d versions, %d uploads", delimiter, len(objects.Objects), len(versions.Versions), len(uploads.Uploads))
		}
	}
}

// What comes before the place of a deleted marker is listed only where it belongs.
func TestDeletedMarkerBeyondPrefix(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	setVersioning(t, s, b, objectstore.Enabled)
	put(t, s, b, "a/k", "old")
	gone := put(t, s, b, "a/k", "new")
	remove(t, s, b, objectstore.Deletion{Key: "a/k", Version: gone.VersionID})
	for _, c := range []struct {
		prefix, delimiter string
		want              int
	}{{"", "", 1}, {"a/", "/", 1}, {"b", "", 0}, {"", "/", 0}} {
		page, err := s.Versions(t.Context(), objectstore.ListVersions{
			Bucket: "demo", Prefix: c.prefix, Delimiter: c.delimiter, AfterKey: "a/k", AfterVersion: gone.VersionID, Limit: 10,
		})
		if err != nil || len(page.Versions) != c.want {
			t.Errorf("prefix %q, delimiter %q: %+v, %v; want %d versions", c.prefix, c.delimiter, page.Versions, err, c.want)
		}
	}
}
