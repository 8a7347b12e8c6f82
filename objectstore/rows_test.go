package objectstore

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// randomKeys returns keys of few different characters, so that many begin alike.
func randomKeys(n int) (keys []string) {
	random := rand.New(rand.NewPCG(7, 7))
	letters := []string{"\x00", "\x00", "\x01", "a", "a", "\x7f", "/", "\u07ff", "蓝", "\U0010ffff"}
	for range n {
		var key strings.Builder
		for range 1 + random.IntN(4) {
			key.WriteString(letters[random.IntN(len(letters))])
		}
		keys = append(keys, key.String())
	}
	return keys
}

// The order of rows is that of keys, and of one key that of its versions, the
// newest first, or of its uploads by their ids; and nothing of one key lies in
// the range of another.
func TestRowOrder(t *testing.T) {
	type row struct {
		key string
		n   uint64
	}
	numbers := []uint64{0, 1, 9, 10, 1 << 32, math.MaxInt64, math.MaxUint64}
	random := rand.New(rand.NewPCG(8, 8))
	var rows []row
	for _, key := range randomKeys(120) {
		rows = append(rows, row{key, numbers[random.IntN(len(numbers))]})
	}
	version := func(r row) []byte { return versionKey("demo", r.key, r.n) }
	upload := func(r row) []byte { return uploadKey("demo", r.key, uploadID{r.n, 5}) }
	for _, a := range rows {
		for _, b := range rows {
			keys := cmp.Compare(a.key, b.key)
			if got, want := bytes.Compare(version(a), version(b)), cmp.Or(keys, -cmp.Compare(a.n, b.n)); got != want {
				t.Fatalf("versions %+v and %+v: %d, want %d", a, b, got, want)
			}
			if got, want := bytes.Compare(upload(a), upload(b)), cmp.Or(keys, cmp.Compare(a.n, b.n)); got != want {
				t.Fatalf("uploads %+v and %+v: %d, want %d", a, b, got, want)
			}
			from, to := versionsOf("demo", b.key), behindVersions("demo", b.key)
			if within := bytes.Compare(from, version(a)) <= 0 && bytes.Compare(version(a), to) < 0; within != (a.key == b.key) {
				t.Fatalf("version %+v lies among those of %q: %t", a, b.key, within)
			}
		}
	}
}

// Keys come back, and an escaped prefix or delimiter occurs where it did before.
func TestEscapeKey(t *testing.T) {
	keys := randomKeys(300)
	for _, a := range keys {
		if got := unescapeKey([]byte(escapeKey(a))); got != a {
			t.Fatalf("%q comes back as %q", a, got)
		}
		name := versionKey("demo", a, 7)[len(versionRange("demo")):]
		if key, suffix, err := splitEscaped(name, decimalLength); err != nil || key != a || len(suffix) != decimalLength {
			t.Fatalf("%q is split into %q, %q, %v", name, key, suffix, err)
		}
		for _, b := range keys {
			if got, want := strings.HasPrefix(string(name), escapeKey(b)), strings.HasPrefix(a, b); got != want {
				t.Fatalf("row of %q begins with %q: %t", a, b, got)
			}
			if got, want := strings.Index(string(name), escapeKey(b)), strings.Index(a, b); got >= 0 != (want >= 0) || want >= 0 && got != len(escapeKey(a[:want])) {
				t.Fatalf("delimiter %q in the row of %q: at %d, want that of %d", b, a, got, want)
			}
		}
	}
}

// No delimiter can match in a number, and the order of numbers is kept.
func TestDecimal(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	var last []byte
	numbers := []uint64{0, 1, 9, 10, 99, math.MaxInt64, math.MaxUint64}
	for range 1000 {
		numbers = append(numbers, random.Uint64()>>random.IntN(64))
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		text := appendDecimal(nil, n)
		if got, err := readDecimal(text); got != n || err != nil || len(text) != decimalLength {
			t.Fatalf("%d comes back as %d, %v", n, got, err)
		}
		if bytes.Compare(last, text) > 0 {
			t.Fatalf("%d comes before a smaller number", n)
		}
		last = text
		for _, c := range text {
			if c <= 0xf4 || c == 0xff { // what occurs in UTF-8, and what follows a zero byte
				t.Fatalf("%d is spelled with %x", n, c)
			}
		}
		if string(append([]byte{0}, text...)) >= behindAll {
			t.Fatalf("%d does not come before the end", n)
		}
	}
}

func TestUploadIDs(t *testing.T) {
	for _, id := range []uploadID{{}, {1, 2}, {math.MaxUint64, math.MaxUint64}, {math.MaxInt64, 1}} {
		if got, ok := parseUploadID(id.String()); !ok || got != id {
			t.Errorf("%v comes back as %v, %t", id, got, ok)
		}
		if got, err := readUploadID(id.suffix()[1:]); err != nil || got != id {
			t.Errorf("%v is read as %v, %v", id, got, err)
		}
	}
	for _, text := range []string{"", "0", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("a", 32), strings.Repeat("g", 32), "+" + strings.Repeat("0", 31)} {
		if _, ok := parseUploadID(text); ok {
			t.Errorf("%q is an upload id", text)
		}
	}
}

// An id that is none of ours is compared as the text that it is.
func TestFirstUploadAfter(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 10))
	alphabet := "0123456789ABCDEFGabcf!:@~\xff"
	for range 500 {
		id := uploadID{random.Uint64() >> random.IntN(64), random.Uint64() >> random.IntN(64)}
		text := []byte(id.String()[:random.IntN(33)])
		for range random.IntN(3) {
			text = append(text, alphabet[random.IntN(len(alphabet))])
		}
		if len(text) == 0 {
			continue
		}
		near := id
		near.chance += random.Uint64N(3) - 1
		for _, other := range []uploadID{id, near, {random.Uint64(), 0}} {
			if other == (uploadID{}) {
				continue // no upload has it
			}
			behind := bytes.Compare(other.suffix(), firstUploadAfter(string(text))) > 0
			if want := other.String() > string(text); behind != want {
				t.Fatalf("%s is behind %q: %t", other, text, behind)
			}
		}
	}
}

func TestVersionIDs(t *testing.T) {
	s := New(Config{Random: bytes.NewReader(make([]byte, 100))})
	for _, sequence := range []uint64{0, 1, math.MaxInt64, math.MaxUint64} {
		id, err := s.newVersionID(sequence)
		if err != nil || !ValidVersionID(id) {
			t.Fatalf("%q, %v", id, err)
		}
		if got, ok := sequenceOf(id); got != sequence || !ok {
			t.Errorf("%q is of %d, %t; want %d", id, got, ok, sequence)
		}
	}
	for _, id := range []string{"", "null", "CAEQ", "CAEQ" + strings.Repeat("g", 28), "CAEQ+00000000000000f" + strings.Repeat("0", 12), strings.Repeat("0", 32)} {
		if n, ok := sequenceOf(id); ok {
			t.Errorf("%q is the version of sequence %d", id, n)
		}
	}
}

// What a row of garbage says comes back, and rows come in the order of their times.
func TestGarbageKeys(t *testing.T) {
	at := time.Unix(1700000000, 123)
	due, name, err := splitGarbageKey(garbageKey(garbageBlob, at, "ref"))
	if !due.Equal(at) || name != "ref" || err != nil {
		t.Errorf("%v, %q, %v", due, name, err)
	}
	if bytes.Compare(garbageKey(garbageBlob, at, "z"), garbageKey(garbageBlob, at.Add(1), "a")) >= 0 {
		t.Error("a later row comes before")
	}
	for _, key := range []string{"", "G", "H12345678", "X1234567890", "G12345678"} {
		if _, name, err := splitGarbageKey([]byte(key)); err == nil {
			t.Errorf("%q names %q", key, name)
		}
	}
}

// The extents of a content are found by any byte of it.
func TestExtentKeys(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	var last []byte
	for _, end := range []int64{0, 1, 255, 256, MaxObjectSize, MaxUploadSize} {
		key := extentKey(id, end, blob.Ref("r"))
		if bytes.Compare(last, key) >= 0 || !bytes.HasPrefix(key, extentRange(id)) || bytes.Compare(key, meta.PrefixEnd(extentRange(id))) >= 0 {
			t.Errorf("the row of end %d is out of place", end)
		}
		if bytes.Compare(extentKey(id, end, ""), key) > 0 || bytes.Compare(extentKey(id, end+1, ""), key) <= 0 {
			t.Errorf("the row of end %d is not found by its last byte alone", end)
		}
		last = key
	}
}
