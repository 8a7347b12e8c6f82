package lister

import (
	"fmt"
	"slices"
	"testing"

	"ossd/engine/meta"
)

// counting is a cursor over sorted keys that counts its moves.
type counting struct {
	keys         [][]byte
	at           int
	seeks, nexts int
}

func (c *counting) SeekGE(key []byte) bool {
	c.seeks++
	c.at, _ = slices.BinarySearchFunc(c.keys, key, slices.Compare)
	return c.at < len(c.keys)
}
func (c *counting) Next() bool                   { c.nexts++; c.at++; return c.at < len(c.keys) }
func (c *counting) Key() []byte                  { return c.keys[c.at] }
func (c *counting) ValueAndErr() ([]byte, error) { return []byte("v"), nil }
func (c *counting) Error() error                 { return nil }

// The cost of a page must not depend on how many rows lie below a prefix.
func TestOneSeekACommonPrefix(t *testing.T) {
	c := &counting{}
	for p := range 100 {
		for k := range 1000 {
			c.keys = append(c.keys, fmt.Appendf(nil, "o/%03d/%04d", p, k))
		}
	}
	page, err := Page(c, meta.ListQuery{Range: []byte("o/"), Delimiter: []byte("/"), Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Entries) != 50 || !page.More {
		t.Errorf("%d entries, more %v; want 50, true", len(page.Entries), page.More)
	}
	if c.seeks != 51 || c.nexts != 0 {
		t.Errorf("%d seeks and %d steps for 50 common prefixes, want 51 and none", c.seeks, c.nexts)
	}
}

func TestLimitMustBePositive(t *testing.T) {
	if _, err := Page(&counting{}, meta.ListQuery{}); err == nil {
		t.Error("a query without a limit was answered")
	}
}

func TestArenaCopiesDoNotShareBytes(t *testing.T) {
	var a arena
	var copies [][]byte
	for i := range 5000 {
		src := fmt.Appendf(nil, "%d", i)
		copies = append(copies, a.clone(src))
		src[0] = 'x'
	}
	copies[0] = append(copies[0], "overrun"...)
	for i, c := range copies[1:] {
		if string(c) != fmt.Sprint(i+1) {
			t.Fatalf("copy %d reads %q", i+1, c)
		}
	}
	if big := a.clone(make([]byte, 1<<20)); len(big) != 1<<20 {
		t.Errorf("large copy has %d bytes", len(big))
	}
}
