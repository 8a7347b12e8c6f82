package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listRolesRequest struct {
	paging
	Tag []rpc.Tag
}

type listRolesResponse struct {
	paged
	Roles roleList
}

type roleList struct{ Role []listedRole }

type listedRole struct {
	role
	Tags tagList
}

var listRoles = rpc.Define(rpc.Spec[listRolesRequest, listRolesResponse]{
	Product:   product,
	Name:      "ListRoles",
	Resources: func(c *rpc.Call, _ *listRolesRequest) []string { return []string{roleResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *listRolesRequest) (*listRolesResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		tags, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		roles, next, err := c.Directory.Roles(ctx, c.Account(), page, tags...)
		if err != nil {
			return nil, err
		}
		out := &listRolesResponse{paged: newPaged(next)}
		for _, r := range roles {
			one := newRole(r)
			one.AssumeRolePolicyDocument = ""
			out.Roles.Role = append(out.Roles.Role, listedRole{one, newTagList(r.Tags)})
		}
		return out, nil
	},
})
