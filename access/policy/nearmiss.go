package policy

import (
	"fmt"
	"strings"
)

// NearMiss is a statement that would allow what was asked, but for one element.
type NearMiss struct {
	Match
	Element string // "Action", "Resource", "Principal" or "Condition"
	Detail  string // what the element says, in words
}

// String says it in a sentence.
func (n NearMiss) String() string {
	return n.Match.String() + " would allow it, but its " + n.Element + " " + n.Detail + "."
}

// NearMisses lists the statements of identity, session and bucket policies that
// come so close, at most eight of them: what has to change for a request that
// nothing allows is usually there.
func NearMisses(r Request) []NearMiss { return nearMisses(&r, disclosure{}) }

func nearMisses(r *Request, shows disclosure) (near []NearMiss) {
	q := question{action: r.Action, resource: parseARN(r.Resource), context: r.Context}
	add := func(name, kind string, d *Document, principal func(*statement) bool) {
		for i := range d.statements {
			s := &d.statements[i]
			if len(near) == maxMatches || s.effect != Allow {
				continue
			}
			if element := s.misses(&q, principal); element != "" {
				near = append(near, NearMiss{newMatch(name, kind, d, hit{statement: int32(i)}), element, s.detail(element, r.Context, shows)})
			}
		}
	}
	if r.Session != nil {
		add(sessionPolicyName, "", r.Session, nil)
	}
	for _, a := range r.Identity {
		add(a.Name, a.Type, a.Document, nil)
	}
	if r.BucketPolicy != nil {
		isOwner := r.Principal.isAccount(r.Owner)
		add(bucketPolicyName, "", r.BucketPolicy, func(s *statement) bool {
			return s.includes(&r.Principal, isOwner, r.BlockPublicAccess && s.public)
		})
	}
	return near
}

// misses tells which element alone keeps the statement from applying; "" if none
// does, or more than one. It stops at the second, which with most statements
// comes before anything costly.
func (s *statement) misses(q *question, principal func(*statement) bool) (element string) {
	for _, e := range [...]struct {
		name  string
		holds func() bool
	}{
		{"Action", func() bool { return s.matchesAction(q.action) }},
		{"Resource", func() bool { return s.matchesResource(&q.resource) }},
		{"Principal", func() bool { return principal == nil || principal(s) }},
		{"Condition", func() bool { return s.conditionsHold(q.context) }},
	} {
		switch {
		case e.holds():
		case element != "":
			return ""
		default:
			element = e.name
		}
	}
	return element
}

// detail says in words what an element that does not hold wants.
func (s *statement) detail(element string, ctx Context, shows disclosure) string {
	switch element {
	case "Action":
		if s.notAction {
			return "is for all but " + sources(s.actions)
		}
		return "is for " + sources(s.actions)
	case "Resource":
		return "is about " + resourceTexts(s.resources)
	case "Principal":
		return "names others"
	}
	return s.failedConditions(ctx, shows)
}

func (s *statement) failedConditions(ctx Context, shows disclosure) string {
	var failed []string
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.outcome(ctx) == yes {
			continue
		}
		have := "the request has none"
		if !shows.key(c.key) {
			have = "what the request has is not told"
		} else if value, ok := valueIn(ctx, c.key); ok {
			have = fmt.Sprintf("the request has %q", value)
		}
		failed = append(failed, fmt.Sprintf("wants %s %s %q, and %s", c.name, c.operator, c.values, have))
	}
	return strings.Join(failed, "; ")
}

func sources(patterns []pattern) string {
	texts := make([]string, len(patterns))
	for i := range patterns {
		texts[i] = patterns[i].source
	}
	return strings.Join(texts, ", ")
}

func resourceTexts(patterns []resourcePattern) string {
	texts := make([]string, len(patterns))
	for i := range patterns {
		texts[i] = patterns[i].source
	}
	return strings.Join(texts, ", ")
}
