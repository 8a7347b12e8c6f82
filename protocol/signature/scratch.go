package signature

import (
	"bytes"
	"net/http"
	"slices"
	"sync"
)

// scratch is the memory in which a canonical form is built. It is reused, for
// verifying is on the path of every request.
type scratch struct {
	text    []byte // the string to sign
	request []byte // V4, ACS3: the canonical request

	params  []Param   // parameters being sorted
	encoded []byte    // encoded parameters being sorted, one after the other
	spans   []span    // … and where in encoded each is
	names   []byte    // lower-case header names, one after the other
	lines   []line    // signed headers
	host    [1]string // value of a signed Host header
	sum     []byte
}

// span is one "name" or "name=value" in scratch.encoded.
type span struct{ start, nameEnd, end int }

// line is one signed header: its name in scratch.names, its values in the request.
type line struct {
	start, end int
	values     []string
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxPooled bounds the memory that an unusually large request leaves behind.
const maxPooled = 64 << 10

func (s *scratch) release() {
	if cap(s.text)+cap(s.request)+cap(s.encoded)+cap(s.names) > maxPooled {
		return
	}
	// Nothing of the request may live on through the pool.
	clear(s.params[:cap(s.params)])
	clear(s.lines[:cap(s.lines)])
	s.host[0] = ""
	scratches.Put(s)
}

// collectOSSHeaders begins the set of signed headers with all x-oss headers.
func (s *scratch) collectOSSHeaders(h http.Header) {
	s.names, s.lines = s.names[:0], s.lines[:0]
	for name, values := range h {
		if isOSSHeader(name) {
			s.addHeader(name, values)
		}
	}
}

func (s *scratch) addHeader(name string, values []string) {
	start := len(s.names)
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.names = append(s.names, c)
	}
	s.lines = append(s.lines, line{start, len(s.names), values})
}

// appendHeaders appends "name:value\n" for each collected header, sorted by
// name. Repeated values are joined by commas in the order of arrival; white
// space inside them stays.
func (s *scratch) appendHeaders(b []byte) []byte {
	slices.SortFunc(s.lines, func(x, y line) int {
		return bytes.Compare(s.names[x.start:x.end], s.names[y.start:y.end])
	})
	for _, l := range s.lines {
		b = append(b, s.names[l.start:l.end]...)
		separator := byte(':')
		for _, value := range l.values {
			b = append(b, separator)
			separator = ','
			b = append(b, trim(value)...)
		}
		b = append(b, '\n')
	}
	return b
}

// appendParameters appends every parameter but the signature of V2 and V4,
// encoded and sorted by encoded name; repeated ones keep their order.
func (s *scratch) appendParameters(b []byte, c *Claim, q Query, f form) []byte {
	s.encoded, s.spans = s.encoded[:0], s.spans[:0]
	for i := range q {
		p := &q[i]
		if p.Name == paramSignature || c.source != "" && p.Name == paramSourceIP {
			continue
		}
		equals := p.Value != "" || f&emptyWithEquals != 0 && !p.Bare &&
			!(f&exceptSubresources != 0 && isSubresource(p.Name))
		s.addParameter(p.Name, p.Value, equals)
	}
	if c.source != "" {
		s.addParameter(paramSourceIP, c.source, true)
	}
	return s.appendSorted(b)
}

func (s *scratch) addParameter(name, value string, equals bool) {
	start := len(s.encoded)
	s.encoded = appendEscaped(s.encoded, name, false)
	nameEnd := len(s.encoded)
	if equals {
		s.encoded = append(s.encoded, '=')
		s.encoded = appendEscaped(s.encoded, value, false)
	}
	s.spans = append(s.spans, span{start, nameEnd, len(s.encoded)})
}

// appendSorted appends the added parameters, joined by '&'.
func (s *scratch) appendSorted(b []byte) []byte {
	slices.SortStableFunc(s.spans, func(x, y span) int {
		return bytes.Compare(s.encoded[x.start:x.nameEnd], s.encoded[y.start:y.nameEnd])
	})
	for i, p := range s.spans {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, s.encoded[p.start:p.end]...)
	}
	return b
}
