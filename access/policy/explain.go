package policy

import (
	"fmt"
	"strings"
)

// reasons say in words what the steps of the flow found that no statement
// speaks for.
var reasons = map[Reason]string{
	ByOwner:              "the caller is the account that owns the resource",
	ByObjectACL:          "the ACL of the object grants it",
	ByBucketACL:          "the ACL of the bucket grants it",
	SessionImplicitDeny:  "no statement of the session policy allows it",
	NoAllowACL:           "no policy allows it, and neither does the ACL of the object or bucket",
	NoAllowManagement:    "no policy allows it",
	NoAllowByTrustPolicy: "no statement of the trust policy allows this caller",
}

// deniers name who denied where the statements that did are not told: see Diagnose.
var deniers = map[Reason]string{
	SessionExplicitDeny:  sessionPolicyName,
	IdentityExplicitDeny: "a policy of the caller",
	BucketPolicyDeny:     bucketPolicyName,
	BothExplicitDeny:     bucketPolicyName + " and a policy of the caller",
	TrustPolicyDeny:      trustPolicyName,
}

// Explain says in one sentence what was decided and by what, for the error
// body, the audit record and whoever asks why.
func (d Decision) Explain() string {
	var b strings.Builder
	b.WriteString(d.Action)
	if d.Resource != "" {
		b.WriteString(" on " + d.Resource)
	}
	if d.Allowed {
		b.WriteString(" is allowed")
	} else {
		b.WriteString(" is denied")
	}
	if why, ok := reasons[d.Reason]; ok {
		b.WriteString(": " + why)
	}
	if by := deniers[d.Reason]; by != "" && len(d.Matches) == 0 {
		b.WriteString(" by " + by)
	}
	for i, m := range d.Matches {
		switch {
		case i > 0:
			b.WriteString(" and ")
		case reasons[d.Reason] != "":
			b.WriteString(", within what is allowed by ")
		default:
			b.WriteString(" by ")
		}
		b.WriteString(m.String())
	}
	return b.String() + "."
}

// String names the statement, such as
// `custom policy "uploads", Statement[1] (Sid "own prefix")`.
func (m Match) String() string {
	policy := m.Policy
	if m.Type != "" {
		policy = fmt.Sprintf("%s policy %q", strings.ToLower(m.Type), m.Policy)
	}
	s := fmt.Sprintf("%s, Statement[%d]", policy, m.Statement)
	if m.Sid != "" {
		s += fmt.Sprintf(" (Sid %q)", m.Sid)
	}
	return s
}

// NoPermissionType returns what AccessDeniedDetail calls the denial: a statement
// that denies, or none that allows. It is empty when the decision allows.
func (d Decision) NoPermissionType() string {
	if d.Allowed {
		return ""
	}
	switch d.Reason {
	case SessionExplicitDeny, IdentityExplicitDeny, BucketPolicyDeny, BothExplicitDeny, TrustPolicyDeny:
		return "ExplicitDeny"
	}
	return "ImplicitDeny"
}

// PolicyType returns AccessDeniedDetail's name for the sort of policy that a
// denial came from. It is empty when the decision allows, and for a Deny of a
// bucket policy, for which no name is published.
func (d Decision) PolicyType() string {
	if d.Allowed {
		return ""
	}
	switch d.Reason {
	case SessionExplicitDeny, SessionImplicitDeny:
		return "SessionPolicy"
	case TrustPolicyDeny, NoAllowByTrustPolicy:
		return "AssumeRolePolicy"
	case BucketPolicyDeny:
		return ""
	}
	return "AccountLevelIdentityBasedPolicy"
}
