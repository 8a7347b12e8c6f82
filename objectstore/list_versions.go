package objectstore

import (
	"context"
	"slices"
	"strings"

	"ossd/engine/meta"
)

// ListVersions asks for one page of a bucket's versions and delete markers.
type ListVersions struct {
	Bucket       string
	Prefix       string
	Delimiter    string
	AfterKey     string // only versions of greater keys
	AfterVersion string // with AfterKey: also those of this key that are older than this one
	Limit        int
}

// ListedVersion is a version or a delete marker.
type ListedVersion struct {
	Object
	Latest bool // no version of the key is newer
}

// VersionPage is one page, by keys and then from new to old.
type VersionPage struct {
	Versions       []ListedVersion
	CommonPrefixes []string
	More           bool
	LastKey        string // of the page: a key or a common prefix
	LastVersion    string // empty behind a common prefix
}

// Versions lists, as of one instant. Current versions and the others lie in
// two ranges, so that each page is merged from one of either.
func (s *Store) Versions(ctx context.Context, q ListVersions) (page VersionPage, err error) {
	if q.Limit <= 0 {
		return page, nil
	}
	q.Delimiter = textDelimiter(q.Delimiter)
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		from, err := q.begin(rows)
		if err != nil {
			return err
		}
		current, err := rows.List(meta.ListQuery{
			Range: objectRange(q.Bucket), Prefix: []byte(q.Prefix), Delimiter: []byte(q.Delimiter), After: []byte(q.AfterKey), Limit: q.Limit + 1,
		})
		if err != nil {
			return err
		}
		others, err := rows.List(meta.ListQuery{
			Range: versionRange(q.Bucket), Prefix: []byte(escapeKey(q.Prefix)), Delimiter: []byte(escapeKey(q.Delimiter)), After: from.others, Limit: q.Limit + 1,
		})
		if err != nil {
			return err
		}
		m := merging{page: &page, limit: q.Limit, latestOf: q.AfterKey, latest: from.newest}
		if from.current != nil && q.lists(q.AfterKey) {
			m.version(*from.current, true)
		}
		return m.merge(current.Entries, others.Entries)
	})
	return page, err
}

// lists tells whether a key has entries of its own in the listing.
func (q *ListVersions) lists(key string) bool {
	rest, ok := strings.CutPrefix(key, q.Prefix)
	return ok && (q.Delimiter == "" || !strings.Contains(rest, q.Delimiter))
}

// versionsFrom is where a page of versions begins.
type versionsFrom struct {
	others  []byte  // in the range of the others
	current *Object // of AfterKey, if that is older than AfterVersion
	newest  uint64  // sequence of the newest version of AfterKey
}

func (q *ListVersions) begin(rows meta.Snapshot) (from versionsFrom, err error) {
	key := escapeKey(q.AfterKey)
	switch {
	case key == "":
		return from, nil
	case rolledUp(q.AfterKey, q.Prefix, q.Delimiter):
		from.others = []byte(key)
		return from, nil
	case q.AfterVersion == "":
		from.others = []byte(key + behindAll)
		return from, nil
	}
	h, err := readHead(rows, Bucket{Name: q.Bucket, Versioning: Enabled}, q.AfterKey)
	if err != nil || h.newest == nil {
		from.others = []byte(key + behindAll)
		return from, err
	}
	from.newest = h.newest.sequence
	sequence, ok, err := findSequence(rows, q.Bucket, q.AfterKey, q.AfterVersion)
	switch {
	case err != nil:
		return from, err
	case q.AfterVersion == h.newest.Version():
		sequence = from.newest
	case !ok: // it has been deleted since, and nobody knows where it was: better some twice than none
		if h.current {
			from.current = h.newest
		}
		from.others = []byte(key + "\x00")
		return from, nil
	}
	if h.current && from.newest < sequence {
		from.current = h.newest
	}
	from.others = appendDecimal([]byte(key+"\x00"), ^sequence)
	return from, nil
}

// merging makes one page of two.
type merging struct {
	page     *VersionPage
	limit    int
	latestOf string // a key of which versions may have been listed before
	latest   uint64 // the newest of them
}

// candidate is an entry of one of the two ranges.
type candidate struct {
	key     string // or common prefix
	entry   meta.Entry
	current bool
}

func (m *merging) merge(current, others []meta.Entry) error {
	keys := make([]string, len(others))
	for i, e := range others {
		var err error
		if keys[i], err = nameOf(e); err != nil {
			return err
		}
	}
	m.page.Versions = slices.Grow(m.page.Versions, min(m.limit, len(current)+len(others)))
	for len(current)+len(others) > 0 {
		var c candidate
		if len(others) == 0 || len(current) > 0 && string(current[0].Name) <= keys[0] { // of one key the current version comes first
			c = candidate{string(current[0].Name), current[0], true}
			current = current[1:]
		} else {
			c = candidate{keys[0], others[0], false}
			keys, others = keys[1:], others[1:]
		}
		if last := len(m.page.CommonPrefixes) - 1; c.entry.CommonPrefix && last >= 0 && m.page.CommonPrefixes[last] == c.key {
			continue // both ranges have it
		}
		if len(m.page.Versions)+len(m.page.CommonPrefixes) >= m.limit {
			m.page.More = true
			return nil
		}
		if err := m.add(c); err != nil {
			return err
		}
	}
	return nil
}

// nameOf is the key or common prefix that an entry of the others' range stands for.
func nameOf(e meta.Entry) (string, error) {
	if e.CommonPrefix {
		return unescapeKey(e.Name), nil
	}
	key, _, err := splitEscaped(e.Name, decimalLength)
	return key, err
}

func (m *merging) add(c candidate) error {
	if c.entry.CommonPrefix {
		m.page.CommonPrefixes = append(m.page.CommonPrefixes, c.key)
		m.page.LastKey, m.page.LastVersion = c.key, ""
		return nil
	}
	o, err := decodeObject(c.key, c.entry.Value)
	if err != nil {
		return err
	}
	m.version(o, c.current || m.isLatest(&o))
	return nil
}

// isLatest tells whether a version that is not current is the newest all the
// same: a delete marker that none of its key came before.
func (m *merging) isLatest(o *Object) bool {
	if o.Key == m.latestOf {
		return o.sequence == m.latest
	}
	return len(m.page.Versions) == 0 || m.page.Versions[len(m.page.Versions)-1].Key != o.Key
}

func (m *merging) version(o Object, latest bool) {
	m.page.Versions = append(m.page.Versions, ListedVersion{o, latest})
	m.page.LastKey, m.page.LastVersion = o.Key, o.Version()
}
