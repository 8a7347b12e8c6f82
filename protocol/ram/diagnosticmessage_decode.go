package ram

import (
	"context"
	"slices"
	"time"

	"ossd/access"
	accesspolicy "ossd/access/policy"
	"ossd/protocol/rpc"
)

type decodeDiagnosticMessageRequest struct {
	EncodedDiagnosticMessage string `param:",required"`
}

type decodeDiagnosticMessageResponse struct{ DecodedDiagnosticMessage decodedDiagnosticMessage }

type decodedDiagnosticMessage struct {
	ExplicitDeny           bool
	NoPermissionPolicyType string // empty for a bucket policy, for which no name is published
	AuthAction             string
	AuthResource           string
	AuthPrincipal          authPrincipal
	AuthConditions         []authCondition
	MatchedPolicies        []matchedPolicy

	// What the vendor's message does not tell; its SDKs pass over it.
	DeniedRequestID string `param:"DeniedRequestId"`
	DeniedTime      time.Time
	Reason          string   // in a sentence, with the statements
	Changes         []string // what would make it allowed, where no statement denies it
	Truncated       bool     // there was more than the message had room for
}

type authPrincipal struct {
	AuthPrincipalType        string
	AuthPrincipalOwnerID     string `param:"AuthPrincipalOwnerId"`
	AuthPrincipalDisplayName string
}

type authCondition struct {
	ConditionKey    string
	ConditionValues []string // none: the request had no such value
}

type matchedPolicy struct {
	PolicyIdentifier   string
	PolicyType         string `param:",omitempty"`
	PolicyVersion      string `param:",omitempty"`
	Effect             string
	AttachedScope      string `param:",omitempty"`
	AttachedEntityType string `param:",omitempty"`
}

// decodeDiagnosticMessage tells administrators what stands behind a denial of
// somebody of their account. The permission is one for the whole account, as the
// vendor's page of the action has it.
var decodeDiagnosticMessage = rpc.Define(rpc.Spec[decodeDiagnosticMessageRequest, decodeDiagnosticMessageResponse]{
	Product:   product,
	Name:      "DecodeDiagnosticMessage",
	Resources: func(c *rpc.Call, _ *decodeDiagnosticMessageRequest) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *decodeDiagnosticMessageRequest) (*decodeDiagnosticMessageResponse, error) {
		found, err := c.Directory.ReadDiagnosticMessage(ctx, c.Account(), in.EncodedDiagnosticMessage)
		if err != nil {
			return nil, err
		}
		return &decodeDiagnosticMessageResponse{newDecodedDiagnosticMessage(&found)}, nil
	},
})

func newDecodedDiagnosticMessage(d *access.Diagnosis) decodedDiagnosticMessage {
	message := decodedDiagnosticMessage{
		ExplicitDeny:           d.Decision.NoPermissionType() == "ExplicitDeny",
		NoPermissionPolicyType: d.Decision.PolicyType(),
		AuthAction:             d.Decision.Action,
		AuthResource:           d.Decision.Resource,
		AuthPrincipal:          authPrincipal{d.PrincipalType, d.AccountID, d.DisplayName},
		DeniedRequestID:        d.RequestID,
		DeniedTime:             d.Time,
		Reason:                 d.Decision.Explain(),
		Truncated:              d.Truncated,
	}
	for _, c := range d.Conditions {
		values := []string{}
		if c.Present {
			values = append(values, c.Value)
		}
		message.AuthConditions = append(message.AuthConditions, authCondition{c.Key, values})
	}
	for _, m := range d.Matches {
		if p := newMatchedPolicy(m); !slices.Contains(message.MatchedPolicies, p) { // one for all its statements
			message.MatchedPolicies = append(message.MatchedPolicies, p)
		}
	}
	for _, n := range d.Near {
		message.Changes = append(message.Changes, n.String())
	}
	return message
}

// newMatchedPolicy spells a policy as the vendor does: only custom policies have
// versions, and everything is attached for the whole account, as there are no
// resource groups here. Session, bucket and trust policies are attached to nothing.
func newMatchedPolicy(m accesspolicy.Matched) matchedPolicy {
	p := matchedPolicy{PolicyIdentifier: m.Policy, PolicyType: m.Type, Effect: string(m.Effect)}
	if m.Type == access.CustomPolicy {
		p.PolicyVersion = m.Version
	}
	if m.To != "" {
		p.AttachedScope, p.AttachedEntityType = "Account", "Ram"+m.To
	}
	return p
}
