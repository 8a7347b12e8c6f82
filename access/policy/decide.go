package policy

// Decide answers whether the principal may do the action on the resource. It is
// the vendor's flow: session policy, then identity and bucket policy together,
// then ownership, then the access control lists.
//
// An operation that asks for several actions needs a Decide for each; all must
// allow.
func Decide(r Request) Decision {
	q := question{action: r.Action, resource: parseARN(r.Resource), context: r.Context}
	var found layers

	// The session policy comes first and must allow by itself, so that it also
	// limits what a bucket policy or an ACL would give to anyone.
	if r.Session != nil {
		askSession(&r, &q, &found.session)
		switch {
		case found.session.deny.n > 0:
			return found.denied(&r, SessionExplicitDeny)
		case found.session.allow.n == 0:
			return found.denied(&r, SessionImplicitDeny)
		}
	}

	askIdentity(&r, &q, &found.identity)
	askBucket(&r, &q, &found.bucket)
	switch identity, bucket := &found.identity, &found.bucket; {
	case identity.deny.n > 0 && bucket.deny.n > 0:
		return found.denied(&r, BothExplicitDeny)
	case identity.deny.n > 0:
		return found.denied(&r, IdentityExplicitDeny)
	case bucket.deny.n > 0:
		return found.denied(&r, BucketPolicyDeny)
	case identity.allow.n > 0:
		return found.allowed(&r, ByIdentityAllow)
	case bucket.allow.n > 0:
		return found.allowed(&r, ByBucketPolicyAllow)
	}

	switch {
	case r.Principal.isAccount(r.Owner):
		return found.allowed(&r, ByOwner)
	case r.Class != Data:
		return found.denied(&r, NoAllowManagement)
	}
	if ok, reason := byACL(&r); ok {
		return found.allowed(&r, reason)
	}
	return found.denied(&r, NoAllowACL)
}

// isAccount tells whether p is the account's own key. Users and roles of an
// account own nothing: they need policies.
func (p *Principal) isAccount(id string) bool {
	return p.Type == Account && id != "" && p.AccountID == id
}

func askSession(r *Request, q *question, found *findings) {
	for i := range r.Session.statements {
		if s := &r.Session.statements[i]; s.applies(q) {
			found.add(s.effect, 0, i)
		}
	}
}

// askIdentity evaluates the attached policies. Account keys and anonymous
// callers have none. On a resource of another account an Allow gives nothing;
// a Deny is honoured, since nobody writes one in order to have it ignored.
func askIdentity(r *Request, q *question, found *findings) {
	if r.Principal.Type != User && r.Principal.Type != RoleSession {
		return
	}
	foreign := r.Owner != r.Principal.AccountID
	for i := range r.Identity {
		statements := r.Identity[i].Document.statements
		for j := range statements {
			s := &statements[j]
			if foreign && s.effect == Allow {
				continue
			}
			if s.applies(q) {
				found.add(s.effect, i, j)
			}
		}
	}
}

func askBucket(r *Request, q *question, found *findings) {
	if r.BucketPolicy == nil {
		return
	}
	isOwner := r.Principal.isAccount(r.Owner)
	for i := range r.BucketPolicy.statements {
		s := &r.BucketPolicy.statements[i]
		namedOnly := r.BlockPublicAccess && s.public
		if s.includes(&r.Principal, isOwner, namedOnly) && s.applies(q) {
			found.add(s.effect, 0, i)
		}
	}
}
