package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type tagResourcesRequest struct {
	taggedRequest
	Tag []rpc.Tag `param:",required"`
}

// The vendor's pages ask for permission on all resources, whatever is named.
var tagResources = rpc.Define(rpc.Spec[tagResourcesRequest, rpc.None]{
	Product:   product,
	Name:      "TagResources",
	Resources: func(c *rpc.Call, _ *tagResourcesRequest) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *tagResourcesRequest) (*rpc.None, error) {
		if err := in.check(); err != nil {
			return nil, err
		}
		tags, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		return nil, c.Directory.AddTags(ctx, c.Account(), access.Taggable(in.ResourceType), in.ResourceNames, tags)
	},
})
