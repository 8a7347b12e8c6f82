package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type untagResourcesRequest struct {
	taggedRequest
	TagKeys []string
	All     bool // all tags; counts only without TagKeys
}

var untagResources = rpc.Define(rpc.Spec[untagResourcesRequest, rpc.None]{
	Product:   product,
	Name:      "UntagResources",
	Resources: func(c *rpc.Call, _ *untagResourcesRequest) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *untagResourcesRequest) (*rpc.None, error) {
		if err := in.check(); err != nil {
			return nil, err
		}
		if err := checkCount("TagKeys", len(in.TagKeys), maxTags); err != nil {
			return nil, err
		}
		if len(in.TagKeys) == 0 && !in.All {
			return nil, rpc.Missing("TagKeys")
		}
		all := in.All && len(in.TagKeys) == 0
		return nil, c.Directory.RemoveTags(ctx, c.Account(), access.Taggable(in.ResourceType), in.ResourceNames, in.TagKeys, all)
	},
})
