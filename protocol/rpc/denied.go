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
	kind, name := p.DeniedAs()
	if kind == "" {
		return nil
	}
	return &deniedDetail{
		AuthAction:               action,
		AuthPrincipalType:        kind,
		AuthPrincipalOwnerID:     p.AccountID,
		AuthPrincipalDisplayName: name,
		PolicyType:               d.PolicyType(),
		NoPermissionType:         d.NoPermissionType(),
	}
}
