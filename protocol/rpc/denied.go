package rpc

import (
	"ossd/access"
	"ossd/access/policy"
)

// deniedDetail tells a RAM user or a role session what it lacks. Why that is so
// is in the message, which administrators of its account can open
// (DecodeDiagnosticMessage).
type deniedDetail struct {
	AuthAction               string
	AuthPrincipalType        string
	AuthPrincipalOwnerID     string `param:"AuthPrincipalOwnerId"`
	AuthPrincipalDisplayName string
	PolicyType               string
	NoPermissionType         string
	EncodedDiagnosticMessage string `param:",omitempty"`
}

// deniedDetail is nil for account keys: they have no policies to speak of.
func (x *exchange) deniedDetail(d *policy.Decision) *deniedDetail {
	if d == nil || d.Allowed {
		return nil
	}
	kind, name := x.Principal.DeniedAs()
	if kind == "" {
		return nil
	}
	asked := *d
	if asked.Action == "" { // an action that decided by itself
		asked.Action = x.action.Permission()
	}
	if asked.Resource == "" {
		asked.Resource = x.Resource
	}
	return &deniedDetail{
		AuthAction:               x.action.Permission(),
		AuthPrincipalType:        kind,
		AuthPrincipalOwnerID:     x.Principal.AccountID,
		AuthPrincipalDisplayName: name,
		PolicyType:               d.PolicyType(),
		NoPermissionType:         d.NoPermissionType(),
		EncodedDiagnosticMessage: x.directory.DiagnosticMessage(access.Denial{
			Time: x.Time, RequestID: x.RequestID, Principal: x.Principal, Decision: asked,
		}),
	}
}
