package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listRolesResponse struct {
	paged
	Roles roleList
}

type roleList struct{ Role []role }

var listRoles = rpc.Define(rpc.Spec[paging, listRolesResponse]{
	Product:   product,
	Name:      "ListRoles",
	Resources: func(c *rpc.Call, _ *paging) []string { return []string{roleResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *paging) (*listRolesResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		roles, next, err := c.Directory.Roles(ctx, c.Account(), page)
		if err != nil {
			return nil, err
		}
		out := &listRolesResponse{paged: newPaged(next)}
		for _, r := range roles {
			one := newRole(r)
			one.AssumeRolePolicyDocument = ""
			out.Roles.Role = append(out.Roles.Role, one)
		}
		return out, nil
	},
})
