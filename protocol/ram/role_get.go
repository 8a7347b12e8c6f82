package ram

import (
	"context"

	"ossd/protocol/rpc"
)

// roleRequest is that of the actions that need nothing but a role.
type roleRequest struct {
	RoleName string `param:",required"`
}

func (in *roleRequest) resources(c *rpc.Call) []string {
	return []string{roleResource(c, in.RoleName)}
}

var getRole = rpc.Define(rpc.Spec[roleRequest, roleResponse]{
	Product:   product,
	Name:      "GetRole",
	Resources: func(c *rpc.Call, in *roleRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *roleRequest) (*roleResponse, error) {
		r, err := c.Directory.Role(ctx, c.Account(), in.RoleName)
		if err != nil {
			return nil, err
		}
		return &roleResponse{newRole(r)}, nil
	},
})
