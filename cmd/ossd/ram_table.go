package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// field is a member of a JSON object. Objects are kept in their order, which is
// the one that people expect to read.
type field struct {
	name  string
	value any // string, object or list
}

type (
	object []field
	list   []any
)

// decodeOrdered reads one JSON value. Numbers and booleans become their text.
func decodeOrdered(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			items := list{}
			for d.More() {
				item, err := decodeOrdered(d)
				if err != nil {
					return nil, err
				}
				items = append(items, item)
			}
			_, err := d.Token()
			return items, err
		}
		members := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeOrdered(d)
			if err != nil {
				return nil, err
			}
			members = append(members, field{fmt.Sprint(name), value})
		}
		_, err := d.Token()
		return members, err
	case nil:
		return "", nil
	}
	return fmt.Sprint(token), nil
}

// printTable writes an answer for reading: every list as a table, and what is no
// list as lines of name and value. Columns in which nothing stands are left out.
func printTable(out io.Writer, answer json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	decoded, err := decodeOrdered(d)
	if err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	fields, ok := decoded.(object)
	if !ok {
		return errors.New("the answer is no JSON object")
	}
	t := table{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	for _, f := range fields {
		if _, isList := listIn(f.value); isList {
			t.lists++
		}
	}
	more := ""
	for _, f := range fields {
		switch f.name {
		case "RequestId", "IsTruncated":
		case "Marker":
			more = "There is more: --marker " + text(f.value)
		case "NextToken":
			more = "There is more: --next-token " + text(f.value)
		default:
			t.field(f)
		}
	}
	if more != "" {
		fmt.Fprintln(t.w, more)
	}
	return t.w.Flush()
}

type table struct {
	w     *tabwriter.Writer
	lists int // how many the answer has: several need headings
}

func (t *table) field(f field) {
	if rows, ok := listIn(f.value); ok {
		if t.lists > 1 {
			fmt.Fprintln(t.w, f.name+":")
		}
		t.rows(rows)
		return
	}
	if members, ok := f.value.(object); ok {
		for _, m := range members {
			t.field(m)
		}
		return
	}
	fmt.Fprintf(t.w, "%s\t%s\n", printable(f.name), text(f.value))
}

func (t *table) rows(rows list) {
	var columns []string
	for _, row := range rows {
		members, _ := row.(object)
		for _, m := range members {
			if text(m.value) != "" && !slices.Contains(columns, m.name) {
				columns = append(columns, m.name)
			}
		}
	}
	if len(columns) == 0 {
		fmt.Fprintln(t.w, "(none)")
		return
	}
	for i, name := range columns {
		if i > 0 {
			fmt.Fprint(t.w, "\t")
		}
		fmt.Fprint(t.w, printable(name))
	}
	fmt.Fprintln(t.w)
	for _, row := range rows {
		members, _ := row.(object)
		cells := make([]string, len(columns))
		for i, name := range columns {
			if at := slices.IndexFunc(members, func(m field) bool { return m.name == name }); at >= 0 {
				cells[i] = text(members[at].value)
			}
		}
		fmt.Fprintln(t.w, strings.Join(cells, "\t"))
	}
}

// listIn finds the list in Users{User[…]}, or the bare one.
func listIn(value any) (list, bool) {
	if wrapper, ok := value.(object); ok && len(wrapper) == 1 {
		value = wrapper[0].value
	}
	rows, ok := value.(list)
	return rows, ok
}

// text writes a value on one line; tags and the like become KEY=VALUE,…
func text(value any) string {
	if rows, ok := listIn(value); ok {
		var parts []string
		for _, row := range rows {
			parts = append(parts, text(row))
		}
		return strings.Join(parts, ",")
	}
	if members, ok := value.(object); ok {
		var parts []string
		for _, m := range members {
			parts = append(parts, text(m.value))
		}
		return strings.Join(parts, "=")
	}
	one := fmt.Sprint(value)
	var compact bytes.Buffer
	if strings.HasPrefix(one, "{") && json.Compact(&compact, []byte(one)) == nil { // a policy document
		one = compact.String()
	}
	return printable(one)
}
