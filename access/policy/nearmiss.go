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

// NearMisses lists the statements of identity, session and bucket policies that
// come so close, at most eight of them: what has to change for a request that
// nothing allows is usually there.
func NearMisses(r Request) (near []NearMiss) {
	q := question{action: r.Action, resource: parseARN(r.Resource), context: r.Context}
	add := func(name, kind string, d *Document, principal func(*statement) bool) {
		for i := range d.statements {
			s := &d.statements[i]
			if len(near) == maxMatches || s.effect != Allow {
				continue
			}
			if element, detail, ok := s.misses(&q, principal); ok {
				near = append(near, NearMiss{newMatch(name, kind, d, hit{statement: int32(i)}), element, detail})
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

// misses tells which element alone keeps the statement from applying.
func (s *statement) misses(q *question, principal func(*statement) bool) (element, detail string, ok bool) {
	var missed []string
	if !s.matchesAction(q.action) {
		word := "is for "
		if s.notAction {
			word = "is for all but "
		}
		missed, detail = append(missed, "Action"), word+sources(s.actions)
	}
	if !s.matchesResource(&q.resource) {
		missed, detail = append(missed, "Resource"), "is about "+resourceTexts(s.resources)
	}
	if principal != nil && !principal(s) {
		missed, detail = append(missed, "Principal"), "names others"
	}
	if !s.conditionsHold(q.context) {
		missed, detail = append(missed, "Condition"), s.failedConditions(q.context)
	}
	if len(missed) != 1 {
		return "", "", false
	}
	return missed[0], detail, true
}

func (s *statement) failedConditions(ctx Context) string {
	var failed []string
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.outcome(ctx) == yes {
			continue
		}
		have := "has none"
		if ctx != nil {
			if value, ok := ctx.Value(c.key); ok {
				have = fmt.Sprintf("has %q", value)
			}
		}
		failed = append(failed, fmt.Sprintf("wants %s %s %q, and the request %s", c.name, c.operator, c.values, have))
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
