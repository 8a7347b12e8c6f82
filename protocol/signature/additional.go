package signature

import (
	"net/http"
	"slices"
	"strings"
)

// ecAdditional are the ECs of a list of additional headers that is empty, has an
// empty element, or names a header that the request lacks.
type ecAdditional struct{ empty, element, absent string }

// Only pages for V2 show these; V4 is taken to answer the same.
var ecURLAdditional = ecAdditional{"0002-00000076", "0002-00000077", "0002-00000078"}

// setAdditional reads the names of additional headers. Clients need not sort them.
func (c *Claim) setAdditional(r *Request, list string, ec ecAdditional) error {
	if list == "" {
		return invalid(ec.empty, "AdditionalHeaders value is empty.", c.evidence)
	}
	names := strings.Split(strings.ToLower(list), ";")
	for _, name := range names {
		if name == "" {
			return invalid(ec.element, "AdditionalHeaders has an empty element.", c.evidence)
		}
		if strings.Contains(name, "_") || !r.carries(name) {
			return invalid(ec.absent, "AdditionalHeaders names a header that the request does not carry.", c.evidence)
		}
	}
	slices.Sort(names)
	c.additional = slices.Compact(names)
	return nil
}

// carries reports whether the request has the header; name is lower case.
func (r *Request) carries(name string) bool {
	if name == "host" {
		return r.Host != ""
	}
	return len(r.Header[http.CanonicalHeaderKey(name)]) > 0
}

// collectAdditional adds the additional headers but those that are collected already.
func (s *scratch) collectAdditional(c *Claim, r *Request, f form, collected func(name string) bool) {
	for _, name := range c.additional {
		switch {
		case collected(name):
		case name == "host":
			s.host[0] = r.Host
			if f&hostWithoutPort != 0 {
				s.host[0] = withoutPort(r.Host)
			}
			s.addHeader(name, s.host[:])
		default:
			if values := r.Header[http.CanonicalHeaderKey(name)]; len(values) > 0 {
				s.addHeader(name, values[:1])
			}
		}
	}
}

// appendNames joins names by semicolons.
func appendNames(b []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, name...)
	}
	return b
}

// signsPort tells whether the concession hostWithoutPort makes a difference.
func signsPort(c *Claim, r *Request) bool {
	return slices.Contains(c.additional, "host") && withoutPort(r.Host) != r.Host
}
