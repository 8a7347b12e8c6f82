package objectstore

import (
	"fmt"
	"hash/maphash"
	"slices"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Each blob is named by one row, and by one reference row; each content of
// several blobs by one object or garbage row. Only all rows together tell whether
// that holds. What they name is held against one another in shares that fit into
// memory, as hashes; then the few names that do not fit are looked up.

// share bounds how many names are held against each other at a time.
const share = 4 << 20

// maxNamed bounds how many names that do not fit are reported one by one.
const maxNamed = 1000

// A name is that of a blob ("r…") or of a content ("e…").
type name string

func blobName(ref blob.Ref) name { return name("r" + ref) }

func contentName(id string) name { return name("e" + id) }

// checkReferences finds reference rows and extents that nobody needs, and blobs and contents that two rows name.
func (c *checker) checkReferences() error {
	seed := maphash.MakeSeed()
	hash := func(n name) uint64 { return maphash.String(seed, string(n)) }
	shares := uint64(c.references/share + 1)
	wrong := map[uint64]bool{}
	for part := range shares {
		var using, used []uint64
		err := c.names(func(n name, uses bool) {
			switch h := hash(n); {
			case h%shares != part:
			case uses:
				using = append(using, h)
			default:
				used = append(used, h)
			}
		})
		if err != nil {
			return err
		}
		mismatches(using, used, func(h uint64) {
			if len(wrong) < maxNamed {
				wrong[h] = true
			}
		})
	}
	if len(wrong) == 0 {
		return nil
	}
	uses := map[name]int{}
	err := c.names(func(n name, using bool) {
		if !wrong[hash(n)] {
			return
		}
		if uses[n] += 0; using {
			uses[n]++
		}
	})
	for n, count := range uses {
		c.reportUses(n, count)
	}
	return err
}

// mismatches calls fn for what is used and not using, and for what is using twice.
func mismatches(using, used []uint64, fn func(uint64)) {
	slices.Sort(using)
	slices.Sort(used)
	i := 0
	for _, h := range slices.Compact(used) {
		for i < len(using) && using[i] < h {
			i++
		}
		switch {
		case i == len(using) || using[i] != h:
			fn(h)
		case i+1 < len(using) && using[i+1] == h:
			fn(h)
		}
	}
}

func (c *checker) reportUses(n name, count int) {
	f := Finding{Kind: BadReference}
	what := "the content " + string(n[1:])
	if n[0] == 'r' {
		f.Blob, what = string(n[1:]), "the blob"
	}
	switch {
	case count == 0 && n[0] == 'r':
		f.Text = "a row says that the blob is in use, but nothing uses it: it is never freed"
	case count == 0:
		f.Text = fmt.Sprintf("rows list the blobs of %s, which nothing uses: they are never freed", what)
	case count > 1:
		f.Text = fmt.Sprintf("%d rows name %s: what frees it for one of them takes it from the others", count, what)
	default:
		return // two names of one hash
	}
	c.found(f)
}

// names calls fn for each name that a row uses something by (uses), and for each
// by which it says that it is in use. Rows that cannot be read have been reported already.
func (c *checker) names(fn func(n name, uses bool)) error {
	content := func(of content) {
		switch {
		case of.id != "":
			fn(contentName(of.id), true)
		case of.ref != "":
			fn(blobName(of.ref), true)
		}
	}
	return c.each(nil, func(row meta.Row) error {
		switch row.Key[0] {
		case 'B':
			switch kindBelow(row.Key) {
			case 'o', 'v':
				if o, err := decodeObject("", row.Value); err == nil {
					content(o.content)
				}
			case 'p':
				if p, err := decodePart(0, row.Value); err == nil {
					fn(blobName(p.ref), true)
				}
			}
		case garbageBlob:
			if _, ref, err := splitGarbageKey(row.Key); err == nil {
				fn(blobName(blob.Ref(ref)), true)
			}
		case garbageContent:
			if _, id, err := splitGarbageKey(row.Key); err == nil {
				fn(contentName(id), true)
			}
		case 'R':
			fn(blobName(blob.Ref(row.Key[1:])), false)
		case 'E':
			run, err := decodeExtents(row.Value)
			if err != nil {
				return nil
			}
			for _, x := range run {
				fn(blobName(x.ref), true)
			}
			if id, ok := contentOf(row.Key); ok {
				fn(contentName(id), false)
			}
		}
		return nil
	})
}

// kindBelow is the kind of a row below a bucket, 0 for the bucket's own.
func kindBelow(key []byte) byte {
	for i, c := range key {
		if c == 0 && i+1 < len(key) {
			return key[i+1]
		}
		if c == 0 {
			break
		}
	}
	return 0
}

// contentIDLength is that of newID, in hexadecimal digits.
const contentIDLength = 32

// contentOf is the content that a row of extents belongs to.
func contentOf(key []byte) (id string, ok bool) {
	if len(key) < 1+contentIDLength+8 {
		return "", false
	}
	return string(key[1 : 1+contentIDLength]), true
}
