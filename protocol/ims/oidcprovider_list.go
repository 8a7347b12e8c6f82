package ims

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type listOIDCProvidersRequest struct {
	Marker   string
	MaxItems *int // 1 to 100, absent: 100
}

type listOIDCProvidersResponse struct {
	IsTruncated   bool
	Marker        string `param:",omitempty"`
	OIDCProviders providerList
}

type providerList struct{ OIDCProvider []provider }

var listOIDCProviders = rpc.Define(rpc.Spec[listOIDCProvidersRequest, listOIDCProvidersResponse]{
	Product:   product,
	Name:      "ListOIDCProviders",
	Resources: func(c *rpc.Call, _ *listOIDCProvidersRequest) []string { return everything(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *listOIDCProvidersRequest) (*listOIDCProvidersResponse, error) {
		page := access.Page{Marker: in.Marker, Limit: 100}
		if in.MaxItems != nil {
			page.Limit = *in.MaxItems
		}
		if page.Limit < 1 || page.Limit > 100 {
			return nil, rpc.InvalidParameter("MaxItems")
		}
		list, next, err := c.Directory.OIDCProviders(ctx, c.Account(), page)
		if err != nil {
			return nil, err
		}
		out := &listOIDCProvidersResponse{IsTruncated: next != "", Marker: next}
		for _, p := range list {
			out.OIDCProviders.OIDCProvider = append(out.OIDCProviders.OIDCProvider, newProvider(p))
		}
		return out, nil
	},
})
