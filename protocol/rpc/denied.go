package rpc

import "ossd/access/policy"

// deniedDetail tells a RAM user or a role session what it lacks. The vendor
// adds a diagnostic message that only its own service can open; we have none.
type deniedDetail struct {
	AuthAction               string
	AuthPrincipalType        string
	AuthPrincipalOwnerID     string `param:"AuthPrincipalOwnerId"`
	AuthPrincipalDisplayName string
	PolicyType               string
	NoPermissionType         string
}

// newDeniedDetail is nil for account keys: they have no policies to speak of.
func newDeniedDetail(action string, p policy.Principal, d *policy.Decision) *deniedDetail {
	if d == nil || d.Allowed {
		return nil
	}
	detail := &deniedDetail{
		AuthAction:           action,
		AuthPrincipalOwnerID: p.AccountID,
		PolicyType:           "AccountLevelIdentityBasedPolicy",
		NoPermissionType:     "ImplicitDeny",
	}
	switch p.Type {
	case policy.User:
		detail.AuthPrincipalType = "SubUser"
		detail.AuthPrincipalDisplayName = p.UserID
	case policy.RoleSession:
		detail.AuthPrincipalType = "AssumedRoleUser"
		detail.AuthPrincipalDisplayName = p.RoleName + ":" + p.SessionName
	default:
		return nil
	}
	switch d.Reason {
	case policy.SessionImplicitDeny, policy.SessionExplicitDeny:
		detail.PolicyType = "SessionPolicy"
	case policy.NoAllowByTrustPolicy, policy.TrustPolicyDeny:
		detail.PolicyType = "AssumeRolePolicy"
	}
	switch d.Reason {
	case policy.SessionExplicitDeny, policy.IdentityExplicitDeny, policy.BothExplicitDeny, policy.TrustPolicyDeny:
		detail.NoPermissionType = "ExplicitDeny"
	}
	return detail
}
