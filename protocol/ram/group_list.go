package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listGroupsResponse struct {
	paged
	Groups groupList
}

type groupList struct{ Group []group }

var listGroups = rpc.Define(rpc.Spec[paging, listGroupsResponse]{
	Product:   product,
	Name:      "ListGroups",
	Resources: func(c *rpc.Call, _ *paging) []string { return []string{groupResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *paging) (*listGroupsResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		groups, next, err := c.Directory.Groups(ctx, c.Account(), page)
		if err != nil {
			return nil, err
		}
		out := &listGroupsResponse{paged: newPaged(next)}
		for _, g := range groups {
			out.Groups.Group = append(out.Groups.Group, newGroup(g))
		}
		return out, nil
	},
})
