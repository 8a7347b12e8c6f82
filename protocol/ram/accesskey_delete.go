package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type deleteAccessKeyRequest struct {
	keyOwner
	UserAccessKeyID string `param:"UserAccessKeyId,required"`
}

var deleteAccessKey = rpc.Define(rpc.Spec[deleteAccessKeyRequest, rpc.None]{
	Product:   product,
	Name:      "DeleteAccessKey",
	Resources: func(c *rpc.Call, in *deleteAccessKeyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *deleteAccessKeyRequest) (*rpc.None, error) {
		user, err := in.user(c)
		if err != nil {
			return nil, err
		}
		return nil, c.Directory.DeleteAccessKey(ctx, c.Account(), user, in.UserAccessKeyID)
	},
})
