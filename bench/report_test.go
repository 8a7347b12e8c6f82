package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	table := table{title: "Fruits", columns: []string{"", "µs", "each"}, rows: [][]string{{"apple", "1", "–"}, {"fig", "20.5", "3.25"}}, note: "Ripe."}
	const text = "Fruits\n           µs  each\n  apple     1     –\n  fig    20.5  3.25\n  Ripe.\n\n"
	if got := table.text(); got != text {
		t.Errorf("text\n%s\nwant\n%s", got, text)
	}
	const markdown = "### Fruits\n\n|  | µs | each |\n|---|--:|--:|\n| apple | 1 | – |\n| fig | 20.5 | 3.25 |\n\nRipe.\n"
	if got := table.markdown(); got != markdown {
		t.Errorf("markdown\n%s\nwant\n%s", got, markdown)
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		value float64
		want  string
	}{{0, "0"}, {0.0004, "0.000"}, {0.9949, "0.995"}, {0.996, "1.00"}, {9.94, "9.94"}, {9.96, "10.0"}, {99.4, "99.4"}, {99.6, "100"}, {12345.6, "12346"}} {
		if got := figure(c.value); got != c.want {
			t.Errorf("figure(%v) = %q, want %q", c.value, got, c.want)
		}
	}
}

func TestReplaceBetween(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"a new page", "", pageBegin + "\nnew\n" + pageEnd},
		{"a page", "# By hand\n" + pageBegin + "old\n" + pageEnd + "more by hand\n", "# By hand\n" + pageBegin + "\nnew\n" + pageEnd + "more by hand\n"},
		{"no marks", "# By hand\n", ""},
		{"marks in the wrong order", pageEnd + pageBegin, ""},
	} {
		got, err := replaceBetween(c.page, "new")
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

// What was printed is what the page shows, and writing twice changes nothing.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	r, err := newReport(&out, options{})
	if err != nil {
		t.Fatal(err)
	}
	r.add(table{title: "Speed", columns: []string{"", "MB/s"}, rows: [][]string{{"PUT", "321"}}})
	r.budget("PUT", "≥ 300 MB/s", "321 MB/s", true)
	r.budget("GET", "≥ 900 MB/s", "800 MB/s", false)
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.md")
	var pages []string
	for range 2 {
		if err := r.writeTo(path); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, string(page))
	}
	if pages[0] != pages[1] {
		t.Errorf("written again, the page is\n%s\nwas\n%s", pages[1], pages[0])
	}
	for _, want := range []string{"| PUT | 321 |", "| PUT | ≥ 300 MB/s | 321 MB/s | yes |", "| GET | ≥ 900 MB/s | 800 MB/s | no |", r.machine.String(), "of one core"} {
		if !strings.Contains(pages[0], want) {
			t.Errorf("the page lacks %q:\n%s", want, pages[0])
		}
	}
	for _, want := range []string{"  PUT   321\n", "800 MB/s   no\n", r.machine.String(), "of one core"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the terminal lacks %q:\n%s", want, out.String())
		}
	}
	if host, err := os.Hostname(); err == nil && len(host) > 4 && strings.Contains(pages[0], host) {
		t.Errorf("the page names the host")
	}
}
