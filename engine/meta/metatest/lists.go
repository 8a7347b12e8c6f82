package metatest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"ossd/engine/meta"
)

var listCases = []testCase{
	{"List", testList},
	{"ListPages", testListPages},
	{"ListValues", testListValues},
	{"ListWeirdBytes", testListWeirdBytes},
	{"ListLimit", testListLimit},
}

// list is one page of a View.
func list(ctx context.Context, s meta.Store, q meta.ListQuery) (page meta.ListPage, err error) {
	err = s.View(ctx, func(snap meta.Snapshot) error {
		page, err = snap.List(q)
		return err
	})
	return page, err
}

// names lists in short: a common prefix is shown in brackets, More as "…".
func names(t *testing.T, s meta.Store, q meta.ListQuery) []string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	page, err := list(t.Context(), s, q)
	if err != nil {
		t.Fatalf("List(%s): %v", show(q), err)
	}
	got := []string{}
	for _, e := range page.Entries {
		if e.CommonPrefix {
			got = append(got, "["+string(e.Name)+"]")
			if e.Value != nil {
				t.Errorf("common prefix %q has a value", e.Name)
			}
		} else {
			got = append(got, string(e.Name))
		}
	}
	if page.More {
		got = append(got, "…")
	}
	return got
}

func show(q meta.ListQuery) string {
	return fmt.Sprintf("range %q prefix %q delimiter %q after %q", q.Range, q.Prefix, q.Delimiter, q.After)
}

func testList(t *testing.T, s meta.Store) {
	for _, name := range []string{"", "a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a0", "b::c::d", "b::e", "b:f", "c"} {
		fill(t, s, "o/"+name, "v")
	}
	fill(t, s, "n/z", "v", "o", "v", "o.", "v", "o0", "v", "p/a", "v") // neighbours, never listed
	for _, c := range []struct {
		prefix, delimiter, after string
		limit                    int
		want                     []string
	}{
		{"", "", "", 0, []string{"a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a0", "b::c::d", "b::e", "b:f", "c"}},
		{"a/", "", "", 0, []string{"a/", "a/1", "a/2", "a/b/1", "a/b/2"}},
		{"a/", "", "a/1", 0, []string{"a/2", "a/b/1", "a/b/2"}},
		{"a/", "", "a/", 0, []string{"a/1", "a/2", "a/b/1", "a/b/2"}},
		{"a/", "", "a", 0, []string{"a/", "a/1", "a/2", "a/b/1", "a/b/2"}},
		{"a/", "", "b", 0, []string{}},
		{"z", "", "", 0, []string{}},
		{"", "/", "", 0, []string{"a", "[a/]", "a0", "b::c::d", "b::e", "b:f", "c"}},
		{"a", "/", "", 0, []string{"a", "[a/]", "a0"}},
		{"a/", "/", "", 0, []string{"a/", "a/1", "a/2", "[a/b/]"}},
		{"a/b", "/", "", 0, []string{"[a/b/]"}},
		{"a/b/", "/", "", 0, []string{"a/b/1", "a/b/2"}},
		{"", "::", "", 0, []string{"a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a0", "[b::]", "b:f", "c"}},
		{"b::", "::", "", 0, []string{"[b::c::]", "b::e"}},
		{"b:", "::", "", 0, []string{"[b::c::]", "b::e", "b:f"}},
		{"", "a/", "", 0, []string{"a", "[a/]", "a0", "b::c::d", "b::e", "b:f", "c"}},

		// After at, inside, before and behind a common prefix.
		{"", "/", "a/", 0, []string{"a0", "b::c::d", "b::e", "b:f", "c"}},
		{"", "/", "a", 0, []string{"[a/]", "a0", "b::c::d", "b::e", "b:f", "c"}},
		{"", "/", "a/1", 0, []string{"[a/]", "a0", "b::c::d", "b::e", "b:f", "c"}},
		{"", "/", "a/b/", 0, []string{"[a/]", "a0", "b::c::d", "b::e", "b:f", "c"}},
		{"", "/", "a/b/2", 0, []string{"a0", "b::c::d", "b::e", "b:f", "c"}},
		{"", "/", "a/z", 0, []string{"a0", "b::c::d", "b::e", "b:f", "c"}},
		{"a/", "/", "a/b/", 0, []string{}},
		{"a/", "/", "a/b/1", 0, []string{"[a/b/]"}},
		{"", "::", "b::", 0, []string{"b:f", "c"}},
		{"", "::", "b:", 0, []string{"[b::]", "b:f", "c"}},
		{"", "::", "b::c::", 0, []string{"[b::]", "b:f", "c"}},

		// Limit and More; a common prefix counts once.
		{"", "/", "", 1, []string{"a", "…"}},
		{"", "/", "", 2, []string{"a", "[a/]", "…"}},
		{"", "/", "b:f", 1, []string{"c"}},
		{"a", "/", "", 3, []string{"a", "[a/]", "a0"}},
		{"a", "/", "", 2, []string{"a", "[a/]", "…"}},
		{"a/b", "/", "", 1, []string{"[a/b/]"}},
	} {
		got := names(t, s, meta.ListQuery{
			Range: []byte("o/"), Prefix: []byte(c.prefix), Delimiter: []byte(c.delimiter),
			After: []byte(c.after), Limit: c.limit, KeysOnly: true,
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("prefix %q delimiter %q after %q limit %d:\n got %q\nwant %q", c.prefix, c.delimiter, c.after, c.limit, got, c.want)
		}
	}
}

// Pages of any size, each begun after the last name of the one before, must
// make up the whole list.
func testListPages(t *testing.T, s meta.Store) {
	for i := range 60 {
		fill(t, s, fmt.Sprintf("r%c%d/%d", "ab"[i%2], i%7, i), "v", fmt.Sprintf("r%d", i), "v")
	}
	for _, delimiter := range []string{"", "/", "1"} {
		q := meta.ListQuery{Range: []byte("r"), Delimiter: []byte(delimiter), Limit: 1000, KeysOnly: true}
		whole := names(t, s, q)
		for limit := 1; limit <= 7; limit++ {
			var paged []string
			q.After, q.Limit = nil, limit
			for {
				page, err := list(t.Context(), s, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Entries {
					name := string(e.Name)
					if e.CommonPrefix {
						name = "[" + name + "]"
					}
					paged = append(paged, name)
				}
				if !page.More {
					break
				}
				if len(page.Entries) != limit {
					t.Fatalf("a page that is not the last has %d of %d entries", len(page.Entries), limit)
				}
				q.After = page.Entries[limit-1].Name
			}
			if !slices.Equal(paged, whole) {
				t.Errorf("delimiter %q in pages of %d:\n got %q\nwant %q", delimiter, limit, paged, whole)
			}
		}
	}
}

func testListValues(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1", "b", "")
	page, err := list(t.Context(), s, meta.ListQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Entries) != 2 || string(page.Entries[0].Value) != "1" || page.Entries[1].Value == nil {
		t.Errorf("entries %v, want values \"1\" and empty", page.Entries)
	}
	page, err = list(t.Context(), s, meta.ListQuery{Limit: 10, KeysOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Value != nil {
			t.Errorf("keys only, but %q has value %q", e.Name, e.Value)
		}
	}
}

func testListWeirdBytes(t *testing.T, s meta.Store) {
	fill(t, s, "\xff\x00", "", "\xff\x00\x00", "", "\xff\xff", "", "\xff\xff\xff", "", "\xff\xff\xffa", "", "\xff", "")
	for _, c := range []struct {
		q    meta.ListQuery
		want []string
	}{
		{meta.ListQuery{}, []string{"\xff", "\xff\x00", "\xff\x00\x00", "\xff\xff", "\xff\xff\xff", "\xff\xff\xffa"}},
		{meta.ListQuery{Range: []byte("\xff")}, []string{"\x00", "\x00\x00", "\xff", "\xff\xff", "\xff\xffa"}},
		{meta.ListQuery{Range: []byte("\xff"), Delimiter: []byte("\xff")}, []string{"\x00", "\x00\x00", "[\xff]"}},
		{meta.ListQuery{Delimiter: []byte("\xff")}, []string{"[\xff]"}},
		{meta.ListQuery{Delimiter: []byte("\xff"), After: []byte("\xff")}, []string{}},
		{meta.ListQuery{Delimiter: []byte("\xff"), After: []byte("\xff\xff\xff")}, []string{"[\xff]"}},
		{meta.ListQuery{Delimiter: []byte("\x00")}, []string{"\xff", "[\xff\x00]", "\xff\xff", "\xff\xff\xff", "\xff\xff\xffa"}},
		{meta.ListQuery{After: []byte("\xff\xff\xffa")}, []string{}},
	} {
		if got := names(t, s, c.q); !slices.Equal(got, c.want) {
			t.Errorf("List(%s):\n got %q\nwant %q", show(c.q), got, c.want)
		}
	}
}

func testListLimit(t *testing.T, s meta.Store) {
	if page, err := list(t.Context(), s, meta.ListQuery{}); err == nil {
		t.Errorf("a query without a limit returned %d entries", len(page.Entries))
	}
}
