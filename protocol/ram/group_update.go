package ram

import (
	"context"
	"strings"

	"ossd/access"
	accesspolicy "ossd/access/policy"
	"ossd/protocol/rpc"
)

// updateGroupRequest leaves unchanged what is absent; "" clears the comments.
type updateGroupRequest struct {
	groupRequest
	NewGroupName *string
	NewComments  *string
}

var updateGroup = rpc.Define(rpc.Spec[updateGroupRequest, groupResponse]{
	Product: product,
	Name:    "UpdateGroup",
	Resources: func(c *rpc.Call, in *updateGroupRequest) []string {
		asked := in.resources(c)
		// As for users: policies speak of names, and a group must not take one
		// that its keeper has no say about.
		if in.NewGroupName != nil && *in.NewGroupName != in.GroupName {
			asked = append(asked, groupResource(c, *in.NewGroupName))
		}
		return asked
	},
	Do: func(ctx context.Context, c *rpc.Call, in *updateGroupRequest) (*groupResponse, error) {
		if n := in.NewGroupName; n != nil && !c.ByAccount() && *n != in.GroupName && strings.EqualFold(*n, in.GroupName) {
			// Permission is asked on the stored spelling, which this one would leave.
			return nil, rpc.Denied(accesspolicy.Decision{Reason: accesspolicy.NoAllowManagement, Action: "ram:UpdateGroup"})
		}
		g, err := c.Directory.UpdateGroup(ctx, c.Account(), in.GroupName, access.GroupUpdate{Name: in.NewGroupName, Comments: in.NewComments})
		if err != nil {
			return nil, err
		}
		return &groupResponse{newGroup(g)}, nil
	},
})
