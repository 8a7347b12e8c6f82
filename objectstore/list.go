package objectstore

import (
	"context"
	"strings"
	"unicode/utf8"

	"ossd/engine/meta"
)

// ListObjects asks for one page of a bucket's objects.
type ListObjects struct {
	Bucket    string
	Prefix    string
	Delimiter string
	After     string // only keys and common prefixes behind it; see meta.ListQuery
	Limit     int    // objects and common prefixes together
}

// ObjectPage is one page in the order of UTF-8 bytes.
type ObjectPage struct {
	Objects        []Object
	CommonPrefixes []string
	More           bool
	Last           string // last key or common prefix of the page: where the next one continues
}

// Objects lists. The content of the page is consistent in itself.
func (s *Store) Objects(ctx context.Context, q ListObjects) (ObjectPage, error) {
	var page ObjectPage
	if q.Limit <= 0 {
		return page, nil
	}
	list, err := s.list(ctx, meta.ListQuery{
		Range: objectRange(q.Bucket), Prefix: []byte(q.Prefix), Delimiter: []byte(textDelimiter(q.Delimiter)),
		After: []byte(q.After), Limit: q.Limit,
	})
	if err != nil {
		return page, err
	}
	page.More = list.More
	if q.Delimiter == "" {
		page.Objects = make([]Object, 0, len(list.Entries))
	}
	for _, e := range list.Entries {
		page.Last = string(e.Name)
		if e.CommonPrefix {
			page.CommonPrefixes = append(page.CommonPrefixes, page.Last)
			continue
		}
		o, err := decodeObject(page.Last, e.Value)
		if err != nil {
			return page, err
		}
		page.Objects = append(page.Objects, o)
	}
	return page, nil
}

func (s *Store) list(ctx context.Context, q meta.ListQuery) (page meta.ListPage, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		page, err = rows.List(q)
		return err
	})
	return page, err
}

// textDelimiter returns a delimiter, or none where it is no UTF-8: no key
// contains that, though some bytes of a key, or of what follows it in a row, may.
func textDelimiter(delimiter string) string {
	if !utf8.ValidString(delimiter) {
		return ""
	}
	return delimiter
}

// rolledUp tells whether name is a common prefix of a listing: the next page
// then begins behind all that lies below it.
func rolledUp(name, prefix, delimiter string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	end := strings.Index(rest, delimiter) + len(delimiter)
	return ok && delimiter != "" && end == len(rest) && strings.HasSuffix(rest, delimiter)
}
