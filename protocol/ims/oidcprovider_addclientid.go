package ims

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

// clientIDRequest is also that of RemoveClientIdFromOIDCProvider.
type clientIDRequest struct {
	named
	ClientID string `param:"ClientId,required"`
}

var addClientID = rpc.Define(rpc.Spec[clientIDRequest, providerResponse]{
	Product:   product,
	Name:      "AddClientIdToOIDCProvider",
	Resources: func(c *rpc.Call, in *clientIDRequest) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *clientIDRequest) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *clientIDRequest) (*providerResponse, error) {
		return answer(c.Directory.AddClientID(ctx, c.Account(), in.OIDCProviderName, in.ClientID))
	},
})
