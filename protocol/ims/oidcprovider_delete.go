package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

var deleteOIDCProvider = rpc.Define(rpc.Spec[named, rpc.None]{
	Product:   product,
	Name:      "DeleteOIDCProvider",
	Resources: func(c *rpc.Call, in *named) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *named) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *named) (*rpc.None, error) {
		return nil, c.Directory.DeleteOIDCProvider(ctx, c.Account(), in.OIDCProviderName)
	},
})
