package policy

import (
	"strings"
	"unicode/utf8"
)

// pattern is a compiled wildcard text: * stands for any run of characters, also
// none, and ? for exactly one. The stars cut it into chunks; each is looked for
// from where the one before it ended, so that no text makes matching go back,
// however many stars a pattern has. What a chunk with a ? costs is bounded by
// search. The zero pattern matches only "".
type pattern struct {
	source string // as written
	star   bool
	head   chunk // before the first star; without a star, all of it
	middle []chunk
	tail   chunk // after the last star
}

// compilePattern reads source. With fold, letters a-z match in either case.
func compilePattern(source string, fold bool) pattern {
	p := pattern{source: source}
	text := source
	if fold {
		text = lowerASCII(text)
	}
	parts := strings.Split(text, "*")
	last := len(parts) - 1
	p.head = newChunk(parts[0], fold)
	if last == 0 {
		return p
	}
	p.star, p.tail = true, newChunk(parts[last], fold)
	p.middle = make([]chunk, 0, last-1)
	for _, part := range parts[1:last] {
		if part != "" {
			p.middle = append(p.middle, newChunk(part, fold))
		}
	}
	return p
}

func (p *pattern) match(text string) bool {
	return p.matchWithin(text, patience*(len(text)+1))
}

// matchWithin looks at so many characters one by one before it makes an index.
func (p *pattern) matchWithin(text string, looks int) bool {
	n, ok := p.head.at(text)
	if !ok {
		return false
	}
	if !p.star {
		return n == len(text)
	}
	s := search{text: text[n:], looks: looks}
	for i := range p.middle {
		if !s.past(&p.middle[i]) {
			return false
		}
	}
	return p.tail.ends(s.text)
}

// everything tells whether the pattern is nothing but stars.
func (p *pattern) everything() bool {
	return p.star && p.head.text == "" && p.tail.text == "" && len(p.middle) == 0
}

// chunk is the text between two stars.
type chunk struct {
	text       string
	characters int
	fold       bool // text is lower case, a-z match either case
	slow       bool // needs a look at each character: fold, or has a ?
}

func newChunk(text string, fold bool) chunk {
	return chunk{
		text:       text,
		characters: utf8.RuneCountInString(text),
		fold:       fold,
		slow:       fold || strings.IndexByte(text, '?') >= 0,
	}
}

// at tells whether text begins with the chunk, and how many bytes of text it
// takes, or where they differ.
func (c *chunk) at(text string) (int, bool) {
	if !c.slow {
		return len(c.text), strings.HasPrefix(text, c.text)
	}
	i := 0
	for j := 0; j < len(c.text); j++ {
		if i == len(text) {
			return i, false
		}
		switch want := c.text[j]; {
		case want == '?':
			_, width := utf8.DecodeRuneInString(text[i:])
			i += width
		case want == text[i], c.fold && want == lowerByte(text[i]):
			i++
		default:
			return i, false
		}
	}
	return i, true
}

// ends tells whether text ends with the chunk.
func (c *chunk) ends(text string) bool {
	if !c.slow {
		return strings.HasSuffix(text, c.text)
	}
	i := len(text)
	for range c.characters {
		if i == 0 {
			return false
		}
		_, width := utf8.DecodeLastRuneInString(text[:i])
		i -= width
	}
	n, ok := c.at(text[i:])
	return ok && i+n == len(text)
}

// lowerASCII lowers a-z only, so that a byte of a pattern stays one byte.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if lowerByte(s[i]) != s[i] {
			b := []byte(s)
			for j := range b {
				b[j] = lowerByte(b[j])
			}
			return string(b)
		}
	}
	return s
}

func lowerByte(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
