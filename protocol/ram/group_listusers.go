package ram

import (
	"context"
	"time"

	"ossd/protocol/rpc"
)

type listUsersForGroupRequest struct {
	groupRequest
	paging
}

type listUsersForGroupResponse struct {
	paged
	Users memberList
}

type memberList struct{ User []member }

type member struct {
	UserName    string
	DisplayName string
	JoinDate    time.Time
}

var listUsersForGroup = rpc.Define(rpc.Spec[listUsersForGroupRequest, listUsersForGroupResponse]{
	Product:   product,
	Name:      "ListUsersForGroup",
	Resources: func(c *rpc.Call, in *listUsersForGroupRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *listUsersForGroupRequest) (*listUsersForGroupResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		members, next, err := c.Directory.Members(ctx, c.Account(), in.GroupName, page)
		if err != nil {
			return nil, err
		}
		out := &listUsersForGroupResponse{paged: newPaged(next)}
		for _, m := range members {
			out.Users.User = append(out.Users.User, member{m.Name, m.DisplayName, m.JoinDate})
		}
		return out, nil
	},
})
