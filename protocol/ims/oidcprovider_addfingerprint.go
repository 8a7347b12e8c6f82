package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

// fingerprintRequest is also that of RemoveFingerprintFromOIDCProvider.
type fingerprintRequest struct {
	named
	Fingerprint string `param:",required"`
}

var addFingerprint = rpc.Define(rpc.Spec[fingerprintRequest, providerResponse]{
	Product:   product,
	Name:      "AddFingerprintToOIDCProvider",
	Resources: func(c *rpc.Call, in *fingerprintRequest) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *fingerprintRequest) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *fingerprintRequest) (*providerResponse, error) {
		return answer(c.Directory.AddFingerprint(ctx, c.Account(), in.OIDCProviderName, in.Fingerprint))
	},
})
