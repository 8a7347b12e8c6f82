package policy

import (
	"fmt"
	"strings"
)

// Parse reads a document that is to be used as kind. It is strict: what it does
// not know it refuses, since a condition that is skipped is a grant that nobody
// wrote. A refusal is a *SyntaxError.
//
// Parse bounds what it reads (64 KiB, 1024 entries of anything); the tighter
// limits of RAM and STS have error codes of their own and are the caller's.
func Parse(kind Kind, text string) (*Document, error) {
	root, err := readJSON(text)
	if err != nil {
		return nil, err
	}
	p := parser{kind: kind, text: text}
	statements, err := p.document(&root)
	if err != nil {
		return nil, err
	}
	return &Document{kind: kind, text: text, statements: statements}, nil
}

type parser struct {
	kind Kind
	text string
}

// fail puts a refusal at n.
func (p *parser) fail(n *node, format string, args ...any) error {
	return newSyntaxError(p.text, n.at, n.start, fmt.Sprintf(format, args...))
}

// missing is a refusal of object n for the sake of a member it should have.
func (p *parser) missing(n *node, name string) error {
	return newSyntaxError(p.text, n.at.member(name), n.start, "is missing")
}

// unknown is a refusal of a member's name.
func (p *parser) unknown(m *member, what string) error {
	return newSyntaxError(p.text, m.value.at, m.start, "is no "+what)
}

func (p *parser) document(root *node) ([]statement, error) {
	if root.kind != objectNode {
		return nil, p.fail(root, "must be an object")
	}
	var version bool
	var statements []statement
	for i := range root.members {
		m := &root.members[i]
		var err error
		switch m.name {
		case "Version":
			version = true
			if m.value.kind != stringNode || m.value.text != "1" {
				err = p.fail(&m.value, `must be "1"`)
			}
		case "Statement":
			statements, err = p.statements(&m.value)
		default:
			err = p.unknown(m, "element of a policy")
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case !version:
		return nil, p.missing(root, "Version")
	case statements == nil:
		return nil, p.missing(root, "Statement")
	}
	return statements, nil
}

// statements takes a lone object too; the documented form is a list.
func (p *parser) statements(n *node) ([]statement, error) {
	list := n.items
	switch {
	case n.kind == objectNode:
		list = []node{*n}
	case n.kind != listNode:
		return nil, p.fail(n, "must be a list of statements")
	case len(list) == 0:
		return nil, p.fail(n, "must not be empty")
	}
	statements := make([]statement, len(list))
	for i := range list {
		if err := p.statement(&statements[i], &list[i]); err != nil {
			return nil, err
		}
	}
	markPublic(statements)
	return statements, nil
}

func (p *parser) statement(s *statement, n *node) error {
	if n.kind != objectNode {
		return p.fail(n, "must be an object")
	}
	for i := range n.members {
		if err := p.element(s, &n.members[i]); err != nil {
			return err
		}
	}
	switch {
	case s.effect == "":
		return p.missing(n, "Effect")
	case s.actions == nil:
		return p.missing(n, "Action")
	case s.resources == nil && p.kind != Trust:
		return p.missing(n, "Resource")
	case !s.principals.given && p.kind == Trust:
		return p.missing(n, "Principal")
	}
	return nil
}

func (p *parser) element(s *statement, m *member) (err error) {
	n := &m.value
	switch m.name {
	case "Sid":
		if n.kind != stringNode {
			return p.fail(n, "must be a string")
		}
		s.sid = n.text
	case "Effect":
		s.effect = Effect(n.text)
		if n.kind != stringNode || s.effect != Allow && s.effect != Deny {
			return p.fail(n, "must be Allow or Deny")
		}
	case "Action", "NotAction":
		if s.actions != nil {
			return p.fail(n, "cannot stand beside Action or NotAction")
		}
		s.notAction = m.name == "NotAction"
		if s.notAction && p.kind == Trust {
			return p.fail(n, "is not allowed in a trust policy")
		}
		s.actions, err = p.actions(n)
	case "Resource":
		if p.kind == Trust {
			return p.fail(n, "is not allowed in a trust policy")
		}
		s.resources, err = p.resources(n)
	case "Principal":
		s.principals, err = p.principals(n)
	case "Condition":
		s.conditions, err = p.conditions(n)
	default:
		return p.unknown(m, "element of a statement")
	}
	return err
}

func (p *parser) actions(n *node) ([]pattern, error) {
	values, err := p.strings(n)
	if err != nil {
		return nil, err
	}
	actions := make([]pattern, len(values))
	for i, v := range values {
		if !strings.ContainsAny(v.text, ":*") || strings.ContainsAny(v.text, " \t\r\n") {
			return nil, p.fail(v, `must be SERVICE:NAME, such as "oss:GetObject", or "*"`)
		}
		actions[i] = compilePattern(v.text, true)
	}
	return actions, nil
}

func (p *parser) resources(n *node) ([]resourcePattern, error) {
	values, err := p.strings(n)
	if err != nil {
		return nil, err
	}
	resources := make([]resourcePattern, len(values))
	for i, v := range values {
		if !strings.HasPrefix(v.text, "acs:") && !strings.HasPrefix(v.text, "*") {
			return nil, p.fail(v, `must be acs:SERVICE:REGION:ACCOUNT:RELATIVE, such as "acs:oss:*:*:bucket/*", or "*"`)
		}
		resources[i] = compileResource(v.text)
	}
	return resources, nil
}

// strings reads a string or a list of strings; none of them may be empty.
func (p *parser) strings(n *node) ([]*node, error) {
	return p.values(n, "must be a string or a list of strings", func(v *node) bool {
		return v.kind == stringNode
	})
}

// values reads one value or a list of at least one, all of which must satisfy ok.
func (p *parser) values(n *node, want string, ok func(*node) bool) ([]*node, error) {
	if ok(n) {
		return []*node{n}, nil
	}
	if n.kind != listNode {
		return nil, p.fail(n, "%s", want)
	}
	if len(n.items) == 0 {
		return nil, p.fail(n, "must not be an empty list")
	}
	list := make([]*node, len(n.items))
	for i := range n.items {
		if list[i] = &n.items[i]; !ok(list[i]) {
			return nil, p.fail(n, "%s", want)
		}
	}
	return list, nil
}
