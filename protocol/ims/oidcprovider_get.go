package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

var getOIDCProvider = rpc.Define(rpc.Spec[named, providerResponse]{
	Product:   product,
	Name:      "GetOIDCProvider",
	Resources: func(c *rpc.Call, in *named) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *named) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *named) (*providerResponse, error) {
		return answer(c.Directory.OIDCProvider(ctx, c.Account(), in.OIDCProviderName))
	},
})
