package objectstore_test

import (
	"bytes"
	"crypto/md5"
	"hash/crc64"
	"slices"
	"strings"
	"testing"

	"ossd/objectstore"
)

func putPart(t *testing.T, s *objectstore.Store, b objectstore.Bucket, u objectstore.Upload, number int, content string) objectstore.Part {
	t.Helper()
	p, err := s.PutPart(t.Context(), objectstore.PutPart{Bucket: b, Key: u.Key, Upload: u.ID, Number: number, Incoming: incoming(content)})
	if err != nil {
		t.Fatalf("part %d: %v", number, err)
	}
	return p
}

func completeAll(t *testing.T, s *objectstore.Store, b objectstore.Bucket, u objectstore.Upload) objectstore.Object {
	t.Helper()
	o, err := s.CompleteUpload(t.Context(), objectstore.Complete{Bucket: b, Key: u.Key, Upload: u.ID, All: true})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A sequential upload knows the MD5 of the whole, also when its last part was
// sent twice, and takes no part that is not the next.
func TestSequentialUpload(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	u := initiate(t, s, b, objectstore.Upload{Key: "k", Sequential: true})
	refused := func(number int) {
		t.Helper()
		_, err := s.PutPart(t.Context(), objectstore.PutPart{Bucket: b, Key: "k", Upload: u.ID, Number: number, Incoming: incoming("x")})
		wantKind(t, err, objectstore.PartNotSequential)
	}
	first, second, last := much[:objectstore.MinPartSize], much[1:objectstore.MinPartSize+5], "end"
	refused(2)
	putPart(t, s, b, u, 1, "another")
	putPart(t, s, b, u, 1, first)
	refused(3)
	putPart(t, s, b, u, 2, "another")
	putPart(t, s, b, u, 2, second)
	refused(1)
	putPart(t, s, b, u, 3, last)
	refused(2)
	putPart(t, s, b, u, 3, last)
	put(t, s, b, "source", "x")
	_, err := s.CopyPart(t.Context(), objectstore.PutPart{Bucket: b, Key: "k", Upload: u.ID, Number: 4},
		objectstore.Piece{From: b, Source: copyOf(t, s, b, "source", objectstore.Put{}).Source, Length: 1})
	wantKind(t, err, objectstore.PartNotSequential)

	o := completeAll(t, s, b, u)
	whole := first + second + last
	if sum := md5.Sum([]byte(whole)); !bytes.Equal(o.MD5(), sum[:]) {
		t.Errorf("the MD5 of the whole is %x, want %x", o.MD5(), sum)
	}
	// A copy is compared with it, and has it too.
	c := copyOf(t, s, b, "k", objectstore.Put{Bucket: b, Key: "copy"})
	if copied, err := s.CopyObject(t.Context(), c); err != nil || !bytes.Equal(copied.MD5(), o.MD5()) {
		t.Errorf("copied %+v, %v", copied, err)
	}
}

// Of a sequential upload that was completed without its last part the MD5 is
// that of what was used; without one in the middle nobody knows it.
func TestSequentialSubset(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	for _, c := range []struct {
		use   []int
		known bool
	}{{[]int{1, 2, 3}, true}, {[]int{1, 2}, true}, {[]int{1}, true}, {[]int{1, 3}, false}, {[]int{2}, false}} {
		u := initiate(t, s, b, objectstore.Upload{Key: "k", Sequential: true})
		var named []objectstore.NamedPart
		whole := ""
		for number := 1; number <= 3; number++ {
			content := much[number:][:objectstore.MinPartSize]
			p := putPart(t, s, b, u, number, content)
			if slices.Contains(c.use, number) {
				whole += content
				named = append(named, objectstore.NamedPart{Number: number, ETag: p.ETag})
			}
		}
		o, err := s.CompleteUpload(t.Context(), objectstore.Complete{Bucket: b, Key: "k", Upload: u.ID, Parts: named})
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum([]byte(whole))
		if want := sum[:]; !c.known && o.MD5() != nil || c.known && !bytes.Equal(o.MD5(), want) {
			t.Errorf("of parts %v the MD5 is %x, want %x: %t", c.use, o.MD5(), want, c.known)
		}
		if o.CRC64 != crc64.Checksum([]byte(whole), crc64.MakeTable(crc64.ECMA)) {
			t.Errorf("of parts %v the CRC is another", c.use)
		}
	}
}

// The rules of what parts an object may be made of.
func TestCompleteRefuses(t *testing.T) {
	s := open(t, nil)
	b := bucket(t, s, "demo")
	u := initiate(t, s, b, objectstore.Upload{Key: "k"})
	big := putPart(t, s, b, u, 2, much[:objectstore.MinPartSize])
	small := putPart(t, s, b, u, 5, much[:objectstore.MinPartSize-1])
	end := putPart(t, s, b, u, objectstore.MaxParts, "")
	name := func(parts ...objectstore.Part) (named []objectstore.NamedPart) {
		for _, p := range parts {
			named = append(named, objectstore.NamedPart{Number: p.Number, ETag: p.ETag})
		}
		return named
	}
	other := objectstore.Part{Number: 2, ETag: small.ETag}
	for what, c := range map[string]struct {
		complete objectstore.Complete
		kind     objectstore.Kind
	}{
		"another ETag":      {objectstore.Complete{Upload: u.ID, Parts: name(other)}, objectstore.InvalidPart},
		"absent number":     {objectstore.Complete{Upload: u.ID, Parts: name(big, objectstore.Part{Number: 3, ETag: big.ETag})}, objectstore.InvalidPart},
		"number zero":       {objectstore.Complete{Upload: u.ID, Parts: name(objectstore.Part{})}, objectstore.InvalidPartOrder},
		"descending":        {objectstore.Complete{Upload: u.ID, Parts: name(small, big)}, objectstore.InvalidPartOrder},
		"twice":             {objectstore.Complete{Upload: u.ID, Parts: name(big, big)}, objectstore.InvalidPartOrder},
		"small in between":  {objectstore.Complete{Upload: u.ID, All: true}, objectstore.PartTooSmall},
		"another upload":    {objectstore.Complete{Upload: strings.Repeat("0", 32), All: true}, objectstore.NoSuchUpload},
		"id in lower case":  {objectstore.Complete{Upload: strings.ToLower(u.ID), All: true}, objectstore.NoSuchUpload},
		"no id":             {objectstore.Complete{Upload: "../" + u.ID, All: true}, objectstore.NoSuchUpload},
		"under another key": {objectstore.Complete{Upload: u.ID, Key: "other", All: true}, objectstore.NoSuchUpload},
	} {
		c.complete.Bucket = b
		if c.complete.Key == "" {
			c.complete.Key = "k"
		}
		t.Run(what, func(t *testing.T) {
			_, err := s.CompleteUpload(t.Context(), c.complete)
			wantKind(t, err, c.kind)
		})
	}
	o, err := s.CompleteUpload(t.Context(), objectstore.Complete{Bucket: b, Key: "k", Upload: u.ID, Parts: name(big, end)})
	if err != nil || o.Size != objectstore.MinPartSize {
		t.Errorf("with an empty last part: %+v, %v", o, err)
	}
}
