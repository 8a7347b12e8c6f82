package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a document breaks the grammar and what was expected.
type SyntaxError struct {
	Path         string // "Statement[1].Action"; empty for the document itself
	Line, Column int    // from 1, Column in characters; 0 when no place can be named
	Message      string // "must be a string or a list of strings"
}

func (e *SyntaxError) Error() string {
	at := e.Path
	if at == "" {
		at = "document"
	}
	if e.Line == 0 {
		return at + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s (line %d, column %d)", at, e.Message, e.Line, e.Column)
}

func newSyntaxError(text string, at *path, offset int, message string) *SyntaxError {
	before := text[:min(offset, len(text))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &SyntaxError{Path: at.String(), Line: line, Column: column, Message: message}
}

// path is the way from the document to one of its values, kept as links so that
// a document without errors pays for no text. A nil path is the document.
type path struct {
	up    *path
	name  string
	index int // of an item; -1 for a member
}

func (p *path) member(name string) *path { return &path{up: p, name: name, index: -1} }
func (p *path) item(index int) *path     { return &path{up: p, index: index} }

// maxPathName keeps error texts readable, and bounded, whatever a document calls
// its members.
const maxPathName = 64

func (p *path) String() string {
	if p == nil {
		return ""
	}
	if p.index >= 0 {
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	name := p.name
	if len(name) > maxPathName {
		name = strings.ToValidUTF8(name[:maxPathName], "") + "…"
	}
	if p.up == nil {
		return name
	}
	return p.up.String() + "." + name
}
