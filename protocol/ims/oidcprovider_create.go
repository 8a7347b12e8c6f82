package ims

import (
	"context"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
)

type createOIDCProviderRequest struct {
	named
	IssuerURL         string `param:"IssuerUrl,required"`
	Description       string
	ClientIDs         string `param:"ClientIds"`
	Fingerprints      string
	IssuanceLimitTime *int
}

var createOIDCProvider = rpc.Define(rpc.Spec[createOIDCProviderRequest, providerResponse]{
	Product:   product,
	Name:      "CreateOIDCProvider",
	Resources: func(c *rpc.Call, _ *createOIDCProviderRequest) []string { return everything(c) },
	Conditions: func(_ context.Context, c *rpc.Call, in *createOIDCProviderRequest) (policy.Context, error) {
		return withIssuer{c.Context, in.IssuerURL}, nil
	},
	Do: func(ctx context.Context, c *rpc.Call, in *createOIDCProviderRequest) (*providerResponse, error) {
		return answer(c.Directory.CreateOIDCProvider(ctx, access.OIDCProvider{
			AccountID: c.Account(), Name: in.OIDCProviderName, Issuer: in.IssuerURL, Description: in.Description,
			ClientIDs: split(in.ClientIDs), Fingerprints: split(in.Fingerprints), IssuanceLimit: hours(in.IssuanceLimitTime),
		}))
	},
})
