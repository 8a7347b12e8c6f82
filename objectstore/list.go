package objectstore

import (
	"context"

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
	list, err := s.Rows.List(ctx, meta.ListQuery{
		Range: objectRange(q.Bucket), Prefix: []byte(q.Prefix), Delimiter: []byte(q.Delimiter),
		After: []byte(q.After), Limit: q.Limit,
	})
	if err != nil {
		return page, err
	}
	page.More = list.More
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
