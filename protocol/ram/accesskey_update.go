package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type updateAccessKeyRequest struct {
	keyOwner
	UserAccessKeyID string `param:"UserAccessKeyId,required"`
	Status          string `param:",required"` // Active or Inactive
}

var updateAccessKey = rpc.Define(rpc.Spec[updateAccessKeyRequest, rpc.None]{
	Product:   product,
	Name:      "UpdateAccessKey",
	Resources: func(c *rpc.Call, in *updateAccessKeyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *updateAccessKeyRequest) (*rpc.None, error) {
		user, err := in.user(c)
		if err != nil {
			return nil, err
		}
		if in.Status != active && in.Status != inactive {
			return nil, rpc.InvalidParameter("Status")
		}
		return nil, c.Directory.SetAccessKeyActive(ctx, c.Account(), user, in.UserAccessKeyID, in.Status == active)
	},
})
