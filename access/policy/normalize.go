package policy

import "strings"

// NormalizedText returns the text of a trust policy with every value of a
// Principal as a list, which is how RAM stores and returns it; all else stays as
// it was written. The text of other kinds is returned unchanged.
func (d *Document) NormalizedText() string {
	if d.kind != Trust {
		return d.text
	}
	root, err := readJSON(d.text)
	if err != nil { // cannot be: Parse has read this text
		return d.text
	}
	var b strings.Builder
	done := 0
	for _, n := range lonePrincipals(&root) {
		b.WriteString(d.text[done:n.start])
		b.WriteString("[" + d.text[n.start:n.end] + "]")
		done = n.end
	}
	b.WriteString(d.text[done:])
	return b.String()
}

// lonePrincipals finds the Principal values that are strings, in their order.
func lonePrincipals(root *node) []*node {
	var found []*node
	for _, s := range root.member("Statement").statementNodes() {
		principal := s.member("Principal")
		for i := range principal.members {
			if v := &principal.members[i].value; v.kind == stringNode {
				found = append(found, v)
			}
		}
	}
	return found
}

// member returns the named member of an object, or an empty node.
func (n *node) member(name string) *node {
	for i := range n.members {
		if n.members[i].name == name {
			return &n.members[i].value
		}
	}
	return &node{}
}

// statementNodes returns the items of a list, or the node itself.
func (n *node) statementNodes() []*node {
	if n.kind != listNode {
		return []*node{n}
	}
	list := make([]*node, len(n.items))
	for i := range n.items {
		list[i] = &n.items[i]
	}
	return list
}
