package policy

const assumeRole = "sts:AssumeRole"

// DecideTrust answers whether a role's trust policy lets caller assume the role.
// It is one half of the answer: the caller's own policies must allow
// sts:AssumeRole too, which Decide tells.
//
// acs:ram::ACCOUNT:root stands for every user and role of the account. It does
// not stand for the account's own key, which may assume no role at all.
func DecideTrust(doc *Document, caller Principal, ctx Context) Decision {
	decision := Decision{Reason: NoAllowByTrustPolicy, Action: assumeRole}
	if doc == nil || doc.kind != Trust {
		return decision
	}
	var found findings
	for i := range doc.statements {
		s := &doc.statements[i]
		if s.trusts(&caller) && s.matchesAction(assumeRole) && s.conditionsHold(ctx) {
			found.add(s.effect, 0, i)
		}
	}
	decided := found.allow
	switch {
	case found.deny.n > 0:
		decision.Reason, decided = TrustPolicyDeny, found.deny
	case found.allow.n > 0:
		decision.Reason, decision.Allowed = ByTrustPolicyAllow, true
	}
	for _, h := range decided.list[:decided.n] {
		m := newMatch(trustPolicyName, "", doc, h)
		decision.Matches = append(decision.Matches, m)
	}
	return decision
}
