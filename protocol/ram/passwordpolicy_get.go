package ram

import (
	"context"

	"ossd/protocol/rpc"
)

// getPasswordPolicyResponse demands nothing of passwords, since there are none.
// That cannot be changed: SetPasswordPolicy is not served.
type getPasswordPolicyResponse struct{ PasswordPolicy passwordPolicy }

type passwordPolicy struct {
	MinimumPasswordLength      int
	RequireLowercaseCharacters bool
	RequireUppercaseCharacters bool
	RequireNumbers             bool
	RequireSymbols             bool
	HardExpiry                 bool
	MaxPasswordAge             int
	PasswordReusePrevention    int
	MaxLoginAttemps            int // spelled so
}

var getPasswordPolicy = rpc.Define(rpc.Spec[rpc.None, getPasswordPolicyResponse]{
	Product:   product,
	Name:      "GetPasswordPolicy",
	Resources: func(c *rpc.Call, _ *rpc.None) []string { return []string{accountResource(c)} },
	Do: func(context.Context, *rpc.Call, *rpc.None) (*getPasswordPolicyResponse, error) {
		return &getPasswordPolicyResponse{}, nil
	},
})
