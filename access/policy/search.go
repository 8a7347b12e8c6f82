package policy

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// patience is how often a search may look at each character of a text, on
// average, before it makes an index. Patterns that people write need not once.
const patience = 4

// search looks for the chunks of a pattern, one behind the other.
//
// A chunk with a ? is held against one place after the other. Texts and patterns
// can be made for which that takes the product of their lengths, a tenth of a
// second for 10 KB of each, and clients bring both. So it is done for as long as
// it goes well; then the text is indexed, and 256 places are tried at once.
type search struct {
	text  string // what is left of it
	looks int    // characters that may still be looked at one by one
	index *index
	from  int // in index: the character that text begins with
}

// past finds the first occurrence of c and leaves the text behind it.
func (s *search) past(c *chunk) bool {
	if s.index != nil {
		return s.pastByIndex(c)
	}
	if !c.slow {
		i := strings.Index(s.text, c.text)
		if i < 0 {
			return false
		}
		s.text = s.text[i+len(c.text):]
		return true
	}
	// What is shorter in bytes than the chunk in characters cannot hold it.
	for len(s.text) >= c.characters {
		n, ok := c.at(s.text)
		if ok {
			s.text = s.text[n:]
			return true
		}
		if s.looks -= n + 1; s.looks < 0 {
			s.index = newIndex(s.text, c.fold)
			return s.pastByIndex(c)
		}
		_, width := utf8.DecodeRuneInString(s.text)
		s.text = s.text[width:]
	}
	return false
}

func (s *search) pastByIndex(c *chunk) bool {
	end := s.index.find(c, s.from)
	if end < 0 {
		return false
	}
	s.text = s.text[s.index.starts[end]-s.index.starts[s.from]:]
	s.from = end
	return true
}

// index says at which characters of a text each character is.
type index struct {
	starts []int // byte offset of each character, and of the end
	ascii  [128]places
	// Other characters by three digits of seven bits: whatever a text is made
	// of, its index has at most 512 lists.
	wide [3][128]places
}

// places has a bit for each character of a text, and words to spare, so that a
// block may begin at any of them. Nil is none.
type places []uint64

// block is what is tried at once: a bit for each of so many places.
type block [4]uint64

const blockBits = 64 * len(block{})

func newIndex(text string, fold bool) *index {
	x := &index{starts: make([]int, 0, len(text)+1)}
	words := len(text)/64 + len(block{}) + 1
	for i := 0; i < len(text); {
		at := len(x.starts)
		x.starts = append(x.starts, i)
		r, width := utf8.DecodeRuneInString(text[i:])
		switch {
		case r < utf8.RuneSelf && fold:
			x.ascii[lowerByte(byte(r))].add(at, words)
		case r < utf8.RuneSelf:
			x.ascii[r].add(at, words)
		case width > 1: // else a byte that is no character; only ? matches it
			for d := range x.wide {
				x.wide[d][digit(r, d)].add(at, words)
			}
		}
		i += width
	}
	x.starts = append(x.starts, len(text))
	return x
}

func digit(r rune, d int) rune { return r >> (7 * d) & 127 }

func (p *places) add(at, words int) {
	if *p == nil {
		*p = make(places, words)
	}
	(*p)[at/64] |= 1 << (at % 64)
}

// keep keeps of b the places whose character is in p, if the first is at.
func (b *block) keep(p places, at uint) {
	if p == nil {
		*b = block{}
		return
	}
	w, shift := p[at/64:][:len(b)+1], at%64
	for i := range b {
		b[i] &= w[i]>>shift | w[i+1]<<1<<(63-shift)
	}
}

// upTo returns a block of which the first n places are kept.
func upTo(n int) (b block) {
	for i := range b {
		b[i] = 1<<max(n-64*i, 0) - 1 // all ones from 64 on
	}
	return b
}

// find returns the character behind the first occurrence of c at or after from,
// or -1.
func (x *index) find(c *chunk, from int) int {
	last := len(x.starts) - 1 - c.characters // where it can begin at the latest
	for ; from <= last; from += blockBits {
		b, at := upTo(last+1-from), uint(from)
		for _, want := range c.text {
			switch {
			case want == '?':
			case want < utf8.RuneSelf:
				b.keep(x.ascii[want], at)
			default:
				for d := range x.wide {
					b.keep(x.wide[d][digit(want, d)], at)
				}
			}
			if b == (block{}) {
				break
			}
			at++
		}
		for i, word := range b {
			if word != 0 {
				return from + 64*i + bits.TrailingZeros64(word) + c.characters
			}
		}
	}
	return -1
}
