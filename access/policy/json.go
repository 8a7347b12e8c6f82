package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of what Parse reads. A policy of the deepest form, a value list under a
// key under an operator under Condition, nests six levels.
const (
	maxText    = 64 << 10 // bytes; RAM's own limits (6144, 2048) are tighter and the caller's
	maxDepth   = 8
	maxEntries = 1024 // of one list or object
)

type nodeKind int

const (
	objectNode nodeKind = iota + 1
	listNode
	stringNode
	numberNode
	boolNode
	nullNode
)

// node is one JSON value with its place in the text. encoding/json alone knows
// no places, drops duplicate members and cannot tell which element was wrong.
type node struct {
	kind       nodeKind
	at         *path
	start, end int    // byte offsets
	text       string // of a string; the literal of a number or boolean
	members    []member
	items      []node
}

type member struct {
	name  string
	start int
	value node
}

// jsonReader builds the tree of one document.
type jsonReader struct {
	text string
	dec  *json.Decoder
}

func readJSON(text string) (node, error) {
	if len(text) > maxText {
		return node{}, &SyntaxError{Message: fmt.Sprintf("is longer than %d bytes", maxText)}
	}
	r := &jsonReader{text: text, dec: json.NewDecoder(strings.NewReader(text))}
	r.dec.UseNumber()
	for i := 0; i < len(text); {
		c, width := utf8.DecodeRuneInString(text[i:])
		if c == utf8.RuneError && width == 1 {
			return node{}, r.errorf(nil, i, "is not UTF-8")
		}
		i += width
	}
	root, err := r.value(nil, 1)
	if err != nil {
		return node{}, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, r.errorf(nil, r.next(), "something follows the end of the document")
	}
	return root, nil
}

func (r *jsonReader) value(at *path, depth int) (node, error) {
	n := node{at: at, start: r.next()}
	if depth > maxDepth {
		return n, r.errorf(at, n.start, "is nested deeper than %d levels", maxDepth)
	}
	token, err := r.token(at)
	if err != nil {
		return n, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			err = r.object(&n, depth)
		} else {
			err = r.list(&n, depth)
		}
	case string:
		n.kind, n.text = stringNode, t
	case json.Number:
		n.kind, n.text = numberNode, t.String()
	case bool:
		n.kind, n.text = boolNode, fmt.Sprint(t)
	default:
		n.kind = nullNode
	}
	n.end = int(r.dec.InputOffset())
	return n, err
}

func (r *jsonReader) object(n *node, depth int) error {
	n.kind = objectNode
	seen := map[string]bool{}
	for r.dec.More() {
		start := r.next()
		token, err := r.token(n.at)
		if err != nil {
			return err
		}
		name := token.(string) // the decoder refuses any other token here
		at := n.at.member(name)
		if seen[name] {
			return r.errorf(at, start, "is there twice")
		}
		if seen[name] = true; len(seen) > maxEntries {
			return r.errorf(n.at, n.start, "has more than %d members", maxEntries)
		}
		value, err := r.value(at, depth+1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name: name, start: start, value: value})
	}
	_, err := r.token(n.at)
	return err
}

func (r *jsonReader) list(n *node, depth int) error {
	n.kind = listNode
	for r.dec.More() {
		if len(n.items) == maxEntries {
			return r.errorf(n.at, n.start, "has more than %d entries", maxEntries)
		}
		item, err := r.value(n.at.item(len(n.items)), depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.token(n.at)
	return err
}

// token reads the next token and gives a failure its place.
func (r *jsonReader) token(at *path) (json.Token, error) {
	start := r.next()
	token, err := r.dec.Token()
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.errorf(at, len(r.text), "the document ends too early")
	}
	return nil, r.errorf(at, start, "is not JSON: %s", err)
}

// next returns where the token begins that Token will return next.
func (r *jsonReader) next() int {
	i := int(r.dec.InputOffset())
	for i < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[i]) >= 0 {
		i++
	}
	return i
}

func (r *jsonReader) errorf(at *path, offset int, format string, args ...any) *SyntaxError {
	return newSyntaxError(r.text, at, offset, fmt.Sprintf(format, args...))
}
