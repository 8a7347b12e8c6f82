package ram

import (
	"context"
	"time"

	"ossd/protocol/rpc"
)

type listGroupsForUserResponse struct{ Groups joinedList }

type joinedList struct{ Group []joined }

type joined struct {
	GroupID   string `param:"GroupId"`
	GroupName string
	Comments  string
	JoinDate  time.Time
}

var listGroupsForUser = rpc.Define(rpc.Spec[userRequest, listGroupsForUserResponse]{
	Product:   product,
	Name:      "ListGroupsForUser",
	Resources: func(c *rpc.Call, in *userRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userRequest) (*listGroupsForUserResponse, error) {
		groups, err := c.Directory.GroupsOf(ctx, c.Account(), in.UserName)
		if err != nil {
			return nil, err
		}
		out := &listGroupsForUserResponse{}
		for _, g := range groups {
			out.Groups.Group = append(out.Groups.Group, joined{g.ID, g.Name, g.Comments, g.JoinDate})
		}
		return out, nil
	},
})
