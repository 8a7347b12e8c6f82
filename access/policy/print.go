package policy

import (
	"encoding/json"
	"strings"
)

// String prints what the document means, as compact JSON in one spelling: lists
// where the grammar allows a single value, strings where it allows numbers.
// Parsing it gives the same statements again.
func (d *Document) String() string {
	var w jsonWriter
	w.raw(`{"Version":"1","Statement":[`)
	for i := range d.statements {
		if i > 0 {
			w.raw(",")
		}
		w.statement(&d.statements[i])
	}
	w.raw("]}")
	return w.out.String()
}

// jsonWriter keeps the order of members, which maps would lose: conditions are
// evaluated, and explained, in the order of their document.
type jsonWriter struct{ out strings.Builder }

func (w *jsonWriter) raw(s string) { w.out.WriteString(s) }

func (w *jsonWriter) string(s string) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string into a Builder cannot fail
	w.raw(strings.TrimSuffix(b.String(), "\n"))
}

// list writes the texts of n entries.
func (w *jsonWriter) list(n int, text func(i int) string) {
	w.raw("[")
	for i := range n {
		if i > 0 {
			w.raw(",")
		}
		w.string(text(i))
	}
	w.raw("]")
}

func (w *jsonWriter) statement(s *statement) {
	w.raw("{")
	if s.sid != "" {
		w.raw(`"Sid":`)
		w.string(s.sid)
		w.raw(",")
	}
	w.raw(`"Effect":`)
	w.string(string(s.effect))
	name := `,"Action":`
	if s.notAction {
		name = `,"NotAction":`
	}
	w.raw(name)
	w.list(len(s.actions), func(i int) string { return s.actions[i].source })
	if len(s.resources) > 0 {
		w.raw(`,"Resource":`)
		w.list(len(s.resources), func(i int) string { return s.resources[i].source })
	}
	if s.principals.given {
		w.raw(`,"Principal":`)
		w.principals(&s.principals)
	}
	if len(s.conditions) > 0 {
		w.raw(`,"Condition":`)
		w.conditions(s.conditions)
	}
	w.raw("}")
}

func (w *jsonWriter) conditions(conditions []condition) {
	w.raw("{")
	for i := range conditions {
		c := &conditions[i]
		// Conditions under one operator follow one another.
		if i == 0 || conditions[i-1].operator != c.operator {
			if i > 0 {
				w.raw("},")
			}
			w.string(c.operator)
			w.raw(":{")
		} else {
			w.raw(",")
		}
		w.string(c.name)
		w.raw(":")
		w.list(len(c.values), func(i int) string { return c.values[i] })
	}
	w.raw("}}")
}

func (w *jsonWriter) principals(p *principals) {
	if len(p.named) > 0 && p.named[0].kind() != "" {
		w.trustPrincipals(p.named)
		return
	}
	everyone := 0
	if p.everyone {
		everyone = 1
	}
	w.list(everyone+len(p.named), func(i int) string {
		if i < everyone {
			return "*"
		}
		return p.named[i-everyone].text
	})
}

// trustPrincipals writes entries, which are in the order of their kinds.
func (w *jsonWriter) trustPrincipals(named []namedPrincipal) {
	w.raw("{")
	for i := 0; i < len(named); {
		kind, n := named[i].kind(), 1
		for i+n < len(named) && named[i+n].kind() == kind {
			n++
		}
		if i > 0 {
			w.raw(",")
		}
		w.string(kind)
		w.raw(":")
		start := i
		w.list(n, func(j int) string { return named[start+j].text })
		i += n
	}
	w.raw("}")
}

// kind is the member of a trust policy's Principal that holds n; empty for
// principals of bucket policies.
func (n *namedPrincipal) kind() string {
	switch n.form {
	case rootForm, userForm, roleForm:
		return "RAM"
	case serviceForm:
		return "Service"
	case oidcForm, samlForm:
		return "Federated"
	}
	return ""
}
