package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type updateRoleRequest struct {
	roleRequest
	NewAssumeRolePolicyDocument *string
	NewMaxSessionDuration       *int
	NewDescription              *string
}

var updateRole = rpc.Define(rpc.Spec[updateRoleRequest, roleResponse]{
	Product:   product,
	Name:      "UpdateRole",
	Resources: func(c *rpc.Call, in *updateRoleRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *updateRoleRequest) (*roleResponse, error) {
		update := access.RoleUpdate{
			TrustPolicy: in.NewAssumeRolePolicyDocument,
			Description: in.NewDescription,
		}
		if in.NewMaxSessionDuration != nil {
			d := sessionDuration(in.NewMaxSessionDuration)
			update.MaxSessionDuration = &d
		}
		r, err := c.Directory.UpdateRole(ctx, c.Account(), in.RoleName, update)
		if err != nil {
			return nil, err
		}
		return &roleResponse{newRole(r)}, nil
	},
})
