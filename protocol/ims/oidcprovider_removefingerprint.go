package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

var removeFingerprint = rpc.Define(rpc.Spec[fingerprintRequest, providerResponse]{
	Product:   product,
	Name:      "RemoveFingerprintFromOIDCProvider",
	Resources: func(c *rpc.Call, in *fingerprintRequest) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *fingerprintRequest) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *fingerprintRequest) (*providerResponse, error) {
		return answer(c.Directory.RemoveFingerprint(ctx, c.Account(), in.OIDCProviderName, in.Fingerprint))
	},
})
