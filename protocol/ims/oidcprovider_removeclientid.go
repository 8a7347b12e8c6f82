package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

var removeClientID = rpc.Define(rpc.Spec[clientIDRequest, providerResponse]{
	Product:   product,
	Name:      "RemoveClientIdFromOIDCProvider",
	Resources: func(c *rpc.Call, in *clientIDRequest) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *clientIDRequest) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *clientIDRequest) (*providerResponse, error) {
		return answer(c.Directory.RemoveClientID(ctx, c.Account(), in.OIDCProviderName, in.ClientID))
	},
})
