package access

import (
	"encoding/base64"

	"ossd/engine/meta"
)

const (
	defaultPage = 100
	maxPage     = 1000
)

// bounds returns the name that a page follows and how many items it has.
func (p Page) bounds() (after string, limit int, err error) {
	name, err := base64.RawURLEncoding.DecodeString(p.Marker)
	if err != nil {
		return "", 0, &Error{Kind: InvalidFormat, Parameter: "Marker"}
	}
	if p.Limit < 0 || p.Limit > maxPage {
		return "", 0, &Error{Kind: InvalidFormat, Parameter: "MaxItems"}
	}
	if p.Limit == 0 {
		p.Limit = defaultPage
	}
	return string(name), p.Limit, nil
}

func marker(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

// listPage reads the items whose index rows begin with prefix, in the order of
// what follows it, such as folded names. keep chooses among them; nil keeps all.
// next is the marker of the page that follows, "" at the end.
func listPage[T any](s meta.Snapshot, prefix string, p Page, keep func(T) bool, read func(name, value string) (T, error)) (items []T, next string, err error) {
	after, limit, err := p.bounds()
	if err != nil {
		return nil, "", err
	}
	last := ""
	for row, err := range scanNames(s, prefix, after) {
		if err != nil {
			return nil, "", err
		}
		if keep == nil && len(items) == limit {
			return items, marker(last), nil
		}
		item, err := read(row[0], row[1])
		if err != nil {
			return nil, "", err
		}
		if keep != nil {
			if !keep(item) {
				continue
			}
			if len(items) == limit {
				return items, marker(last), nil
			}
		}
		items, last = append(items, item), row[0]
	}
	return items, "", nil
}
