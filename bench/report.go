package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

// report gathers tables: it prints each at once, and all of them as Markdown.
type report struct {
	out     io.Writer
	machine *machine
	tables  []table
	budgets table
}

// table has a cell for each column in every row. The first column is words, the others are numbers.
type table struct {
	title   string
	columns []string
	rows    [][]string
	note    string // what must be known to read it; may be empty
}

func newReport(out io.Writer, o options) (*report, error) {
	m, err := thisMachine(nginxVersion(o))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%s\n\n", m)
	return &report{out: out, machine: m, budgets: table{title: "Budgets", columns: []string{"what", "budget", "measured", "met"}}}, nil
}

func (r *report) add(t table) {
	r.tables = append(r.tables, t)
	fmt.Fprint(r.out, t.text())
}

// budget notes what was found of a bound that the project has set itself.
func (r *report) budget(what, bound, found string, met bool) {
	r.budgets.rows = append(r.budgets.rows, []string{what, bound, found, map[bool]string{true: "yes", false: "no"}[met]})
}

// end prints what is known only now.
func (r *report) end() error {
	if len(r.budgets.rows) > 0 {
		fmt.Fprint(r.out, r.budgets.text())
	}
	err := r.machine.end()
	fmt.Fprintln(r.out, r.machine.foreign())
	return err
}

// text is the table for a terminal.
func (t *table) text() string {
	widths := make([]int, len(t.columns))
	for _, row := range append([][]string{t.columns}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	b.WriteString(t.title + "\n")
	for _, row := range append([][]string{t.columns}, t.rows...) {
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("  " + cell + gap)
			} else {
				b.WriteString("  " + gap + cell)
			}
		}
		b.WriteString("\n")
	}
	if t.note != "" {
		b.WriteString("  " + t.note + "\n")
	}
	return b.String() + "\n"
}

func (t *table) markdown() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	b.WriteString("### " + t.title + "\n\n")
	line(t.columns)
	b.WriteString("|---" + strings.Repeat("|--:", len(t.columns)-1) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
	if t.note != "" {
		b.WriteString("\n" + t.note + "\n")
	}
	return b.String()
}

// What lies between these lines of a page is the report's; the rest is written by hand.
const (
	pageBegin = "<!-- make bench writes from here -->\n"
	pageEnd   = "<!-- to here -->\n"
)

// writeTo puts all tables into a page, which is made if it is not there.
func (r *report) writeTo(path string) error {
	page, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parts := []string{"### Machine\n\n" + r.machine.String() + "\n\n" + r.machine.foreign() + "\n"}
	for _, t := range append([]table{r.budgets}, r.tables...) {
		if len(t.rows) > 0 {
			parts = append(parts, t.markdown())
		}
	}
	text, err := replaceBetween(string(page), strings.Join(parts, "\n"))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// replaceBetween puts a text between the marks of a page, or makes a page of it that has them.
func replaceBetween(page, text string) (string, error) {
	if page == "" {
		page = pageBegin + pageEnd
	}
	before, rest, begins := strings.Cut(page, pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		return "", fmt.Errorf("there is no line %q followed by %q", strings.TrimSpace(pageBegin), strings.TrimSpace(pageEnd))
	}
	return before + pageBegin + "\n" + text + "\n" + pageEnd + after, nil
}

// figure shows a number with about three digits that count.
func figure(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.995:
		return fmt.Sprintf("%.3f", v)
	case v < 9.95:
		return fmt.Sprintf("%.2f", v)
	case v < 99.5:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
