package policy

import "testing"

func TestExplain(t *testing.T) {
	matches := []Match{{Policy: "uploads", Type: "Custom", Statement: 1, Sid: "own prefix"}, {Policy: "bucket policy"}}
	for _, c := range []struct {
		decision                     Decision
		sentence, permission, policy string
	}{
		{Decision{}, ` is denied.`, "ImplicitDeny", "AccountLevelIdentityBasedPolicy"},
		{Decision{Allowed: true, Reason: ByOwner, Action: "a:b", Resource: "r"}, `a:b on r is allowed: the caller is the account that owns the resource.`, "", ""},
		{Decision{Allowed: true, Reason: ByIdentityAllow, Action: "a:b", Resource: "r", Matches: matches}, `a:b on r is allowed by custom policy "uploads", Statement[1] (Sid "own prefix") and bucket policy, Statement[0].`, "", ""},
		{Decision{Allowed: true, Reason: ByBucketPolicyAllow, Action: "a:b", Resource: "r", Matches: matches[1:]}, `a:b on r is allowed by bucket policy, Statement[0].`, "", ""},
		{Decision{Allowed: true, Reason: ByObjectACL, Action: "a:b", Resource: "r"}, `a:b on r is allowed: the ACL of the object grants it.`, "", ""},
		{Decision{Allowed: true, Reason: ByObjectACL, Action: "a:b", Resource: "r", Matches: []Match{{Policy: "session policy"}}}, `a:b on r is allowed: the ACL of the object grants it, within what is allowed by session policy, Statement[0].`, "", ""},
		{Decision{Allowed: true, Reason: ByBucketACL, Action: "a:b", Resource: "r"}, `a:b on r is allowed: the ACL of the bucket grants it.`, "", ""},
		{Decision{Allowed: true, Reason: ByTrustPolicyAllow, Action: "a:b", Matches: []Match{{Policy: "trust policy"}}}, `a:b is allowed by trust policy, Statement[0].`, "", ""},
		{Decision{Reason: SessionImplicitDeny, Action: "a:b", Resource: "r"}, `a:b on r is denied: no statement of the session policy allows it.`, "ImplicitDeny", "SessionPolicy"},
		{Decision{Reason: SessionExplicitDeny, Action: "a:b", Resource: "r", Matches: []Match{{Policy: "session policy"}}}, `a:b on r is denied by session policy, Statement[0].`, "ExplicitDeny", "SessionPolicy"},
		{Decision{Reason: IdentityExplicitDeny, Action: "a:b", Resource: "r", Matches: matches[:1]}, `a:b on r is denied by custom policy "uploads", Statement[1] (Sid "own prefix").`, "ExplicitDeny", "AccountLevelIdentityBasedPolicy"},
		{Decision{Reason: BucketPolicyDeny, Action: "a:b", Resource: "r", Matches: matches[1:]}, `a:b on r is denied by bucket policy, Statement[0].`, "ExplicitDeny", ""},
		{Decision{Reason: BothExplicitDeny, Action: "a:b", Resource: "r", Matches: matches}, `a:b on r is denied by custom policy "uploads", Statement[1] (Sid "own prefix") and bucket policy, Statement[0].`, "ExplicitDeny", "AccountLevelIdentityBasedPolicy"},
		{Decision{Reason: NoAllowACL, Action: "a:b", Resource: "r"}, `a:b on r is denied: no policy allows it, and neither does the ACL of the object or bucket.`, "ImplicitDeny", "AccountLevelIdentityBasedPolicy"},
		{Decision{Reason: NoAllowManagement, Action: "a:b", Resource: "r"}, `a:b on r is denied: no policy allows it.`, "ImplicitDeny", "AccountLevelIdentityBasedPolicy"},
		{Decision{Reason: TrustPolicyDeny, Action: "a:b", Matches: []Match{{Policy: "trust policy"}}}, `a:b is denied by trust policy, Statement[0].`, "ExplicitDeny", "AssumeRolePolicy"},
		{Decision{Reason: NoAllowByTrustPolicy, Action: "a:b"}, `a:b is denied: no statement of the trust policy allows this caller.`, "ImplicitDeny", "AssumeRolePolicy"},
	} {
		if got := c.decision.Explain(); got != c.sentence {
			t.Errorf("got  %s\nwant %s", got, c.sentence)
		}
		if got := c.decision.NoPermissionType(); got != c.permission {
			t.Errorf("%s: NoPermissionType %q, want %q", c.decision.Reason, got, c.permission)
		}
		if got := c.decision.PolicyType(); got != c.policy {
			t.Errorf("%s: PolicyType %q, want %q", c.decision.Reason, got, c.policy)
		}
	}
}
