package policy

// layers are the statements that apply, by where they stand. They live on the
// stack: a decision is made for every request.
type layers struct {
	session, identity, bucket findings
}

// findings are the statements of one layer that apply.
type findings struct{ allow, deny hits }

func (f *findings) add(effect Effect, policy, statement int) {
	if effect == Allow {
		f.allow.add(policy, statement)
	} else {
		f.deny.add(policy, statement)
	}
}

// maxMatches bounds what a decision reports of one layer and effect, so that
// findings need no heap; what decides is only whether there are any.
const maxMatches = 8

type hits struct {
	n    int
	list [maxMatches]hit
}

// hit is a statement by its index, and its policy by the index in
// Request.Identity.
type hit struct{ policy, statement int32 }

func (h *hits) add(policy, statement int) {
	if h.n < maxMatches {
		h.list[h.n] = hit{int32(policy), int32(statement)}
		h.n++
	}
}

func (l *layers) allowed(r *Request, reason Reason) Decision {
	d := Decision{Allowed: true, Reason: reason, Action: r.Action, Resource: r.Resource, Owner: r.Owner}
	d.Matches = matches(r, &l.session.allow, &l.identity.allow, &l.bucket.allow)
	return d
}

func (l *layers) denied(r *Request, reason Reason) Decision {
	d := Decision{Reason: reason, Action: r.Action, Resource: r.Resource, Owner: r.Owner}
	d.Matches = matches(r, &l.session.deny, &l.identity.deny, &l.bucket.deny)
	return d
}

// The names of policies that are not attached but inline.
const (
	sessionPolicyName = "session policy"
	bucketPolicyName  = "bucket policy"
	trustPolicyName   = "trust policy"
)

// matches lists hits; the session's come last, as it only limits.
func matches(r *Request, session, identity, bucket *hits) []Match {
	n := session.n + identity.n + bucket.n
	if n == 0 {
		return nil
	}
	list := make([]Match, 0, n)
	for _, h := range identity.list[:identity.n] {
		a := &r.Identity[h.policy]
		list = append(list, newMatch(a.Name, a.Type, a.Document, h))
	}
	for _, h := range bucket.list[:bucket.n] {
		list = append(list, newMatch(bucketPolicyName, "", r.BucketPolicy, h))
	}
	for _, h := range session.list[:session.n] {
		list = append(list, newMatch(sessionPolicyName, "", r.Session, h))
	}
	return list
}

func newMatch(name, kind string, d *Document, h hit) Match {
	s := &d.statements[h.statement]
	return Match{Policy: name, Type: kind, Statement: int(h.statement), Sid: s.sid, Effect: s.effect}
}
