package ims

import (
	"context"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
)

type updateOIDCProviderRequest struct {
	named
	ClientIDs         *string `param:"ClientIds"` // all of them; empty: none is left
	NewDescription    *string
	IssuanceLimitTime *int
}

var updateOIDCProvider = rpc.Define(rpc.Spec[updateOIDCProviderRequest, providerResponse]{
	Product:   product,
	Name:      "UpdateOIDCProvider",
	Resources: func(c *rpc.Call, in *updateOIDCProviderRequest) []string { return in.resources(c) },
	Conditions: func(ctx context.Context, c *rpc.Call, in *updateOIDCProviderRequest) (policy.Context, error) {
		return issuerOf(ctx, c, in.OIDCProviderName)
	},
	Do: func(ctx context.Context, c *rpc.Call, in *updateOIDCProviderRequest) (*providerResponse, error) {
		change := access.OIDCProviderUpdate{Description: in.NewDescription}
		if in.ClientIDs != nil {
			ids := split(*in.ClientIDs)
			change.ClientIDs = &ids
		}
		if in.IssuanceLimitTime != nil {
			limit := hours(in.IssuanceLimitTime)
			change.IssuanceLimit = &limit
		}
		return answer(c.Directory.UpdateOIDCProvider(ctx, c.Account(), in.OIDCProviderName, change))
	},
})
