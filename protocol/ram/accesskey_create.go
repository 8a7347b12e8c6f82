package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type createAccessKeyResponse struct{ AccessKey accessKey }

var createAccessKey = rpc.Define(rpc.Spec[keyOwner, createAccessKeyResponse]{
	Product:   product,
	Name:      "CreateAccessKey",
	Resources: func(c *rpc.Call, in *keyOwner) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *keyOwner) (*createAccessKeyResponse, error) {
		user, err := in.user(c)
		if err != nil {
			return nil, err
		}
		k, err := c.Directory.CreateAccessKey(ctx, c.Account(), user)
		if err != nil {
			return nil, err
		}
		return &createAccessKeyResponse{newAccessKey(k)}, nil
	},
})
