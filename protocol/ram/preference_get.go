package ram

import (
	"context"

	"ossd/protocol/rpc"
)

// getSecurityPreferenceResponse tells what users may do here without a policy,
// which is nothing, and how long one stays signed in to a console, of which there is
// none. That cannot be changed: SetSecurityPreference is not served.
type getSecurityPreferenceResponse struct{ SecurityPreference securityPreference }

type securityPreference struct {
	LoginProfilePreference loginProfilePreference
	AccessKeyPreference    accessKeyPreference
	MFAPreference          mfaPreference
	PublicKeyPreference    publicKeyPreference
}

type loginProfilePreference struct {
	EnableSaveMFATicket       bool
	AllowUserToChangePassword bool
	LoginSessionDuration      int // hours
	LoginNetworkMasks         string
}

type accessKeyPreference struct{ AllowUserToManageAccessKeys bool }

type mfaPreference struct{ AllowUserToManageMFADevices bool }

type publicKeyPreference struct{ AllowUserToManagePublicKeys bool }

var getSecurityPreference = rpc.Define(rpc.Spec[rpc.None, getSecurityPreferenceResponse]{
	Product:   product,
	Name:      "GetSecurityPreference",
	Resources: func(c *rpc.Call, _ *rpc.None) []string { return []string{accountResource(c)} },
	Do: func(context.Context, *rpc.Call, *rpc.None) (*getSecurityPreferenceResponse, error) {
		return &getSecurityPreferenceResponse{}, nil
	},
})
