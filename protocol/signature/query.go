package signature

import "strings"

// maxParameters bounds the work that one query string can cause; no OSS
// operation takes more than about thirty.
const maxParameters = 1000

// Param is one parameter of a query string, decoded.
type Param struct {
	Name, Value string
	Bare        bool // no '='; means the same as an empty value
}

// Query is a query string taken apart, in the order of the wire. The rules of
// net/url do not fit: it drops parameters with ';' and loses the order.
type Query []Param

// ParseQuery splits at '&', skips empty items, splits each at its first '=' and
// decodes both sides; '+' is a space. The error is an *Error.
func ParseQuery(raw string) (Query, error) {
	if raw == "" {
		return nil, nil
	}
	count := strings.Count(raw, "&") + 1
	if count > maxParameters {
		return nil, invalid("", "The query string has too many parameters.")
	}
	query := make(Query, 0, count)
	for item := range strings.SplitSeq(raw, "&") {
		if item == "" {
			continue
		}
		name, value, found := strings.Cut(item, "=")
		name, ok1 := unescape(name)
		value, ok2 := unescape(value)
		if !ok1 || !ok2 {
			return nil, invalid("", "The query string is not properly percent-encoded.")
		}
		query = append(query, Param{Name: name, Value: value, Bare: !found})
	}
	return query, nil
}

// Lookup returns the first value of name, and whether there is one.
func (q Query) Lookup(name string) (string, bool) {
	for i := range q {
		if q[i].Name == name {
			return q[i].Value, true
		}
	}
	return "", false
}

// Get returns the first value of name, or "".
func (q Query) Get(name string) string {
	value, _ := q.Lookup(name)
	return value
}

// Has reports whether name occurs, with or without a value.
func (q Query) Has(name string) bool {
	_, ok := q.Lookup(name)
	return ok
}

// Repeated names a parameter that occurs more than once, if there is one. The
// parameters that carry credentials do not count: their first value wins. For
// any other a repetition is best refused, since V1 signs its first value only.
func (q Query) Repeated() (name string, ok bool) {
	var seen map[string]struct{}
	if len(q) > 16 { // below, comparing each with each costs less than a map
		seen = make(map[string]struct{}, len(q))
	}
	for i := range q {
		name := q[i].Name
		if isCredential(name) {
			continue
		}
		if seen == nil {
			if q[:i].Has(name) {
				return name, true
			}
			continue
		}
		if _, again := seen[name]; again {
			return name, true
		}
		seen[name] = struct{}{}
	}
	return "", false
}

// Encode writes the query string with everything but unreserved characters escaped.
func (q Query) Encode() string {
	var b []byte
	for i := range q {
		if i > 0 {
			b = append(b, '&')
		}
		b = appendEscaped(b, q[i].Name, false)
		if !q[i].Bare {
			b = append(b, '=')
			b = appendEscaped(b, q[i].Value, false)
		}
	}
	return string(b)
}
