package formpolicy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// operator is how a condition compares.
type operator string

const (
	equals     operator = "eq"
	startsWith operator = "starts-with"
	in         operator = "in"
	notIn      operator = "not-in"

	// lengthRange is spelled like the others, but speaks of the file.
	lengthRange operator = "content-length-range"
)

// condition is one demand on one field.
type condition struct {
	operator operator
	name     string   // in lower case, without "$"
	values   []string // exactly one for equals and startsWith
}

func (c *condition) holds(value string) bool {
	switch c.operator {
	case equals:
		return value == c.values[0]
	case startsWith:
		return strings.HasPrefix(value, c.values[0])
	case in:
		return slices.Contains(c.values, value)
	case notIn:
		return !slices.Contains(c.values, value)
	}
	return false
}

// refusal shows the condition as a list, whichever way it was written, as the
// service does.
func (c *condition) refusal() *Error {
	return refuse("0006-00000227", "Policy Condition failed: "+c.String())
}

// String writes the condition as a list: ["eq", "$key", "a.txt"].
func (c *condition) String() string {
	var b bytes.Buffer
	b.WriteString(`[` + quote(string(c.operator)) + `, ` + quote("$"+c.name) + `, `)
	if c.operator == in || c.operator == notIn {
		b.WriteByte('[')
		for i, v := range c.values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(v))
		}
		b.WriteByte(']')
	} else {
		b.WriteString(quote(c.values[0]))
	}
	b.WriteByte(']')
	return b.String()
}

// quote writes a JSON string, with <, > and & as they are.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
