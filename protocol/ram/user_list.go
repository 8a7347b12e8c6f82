package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listUsersResponse struct {
	paged
	Users userList
}

type userList struct{ User []user }

var listUsers = rpc.Define(rpc.Spec[paging, listUsersResponse]{
	Product:   product,
	Name:      "ListUsers",
	Resources: func(c *rpc.Call, _ *paging) []string { return []string{userResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *paging) (*listUsersResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		users, next, err := c.Directory.Users(ctx, c.Account(), page)
		if err != nil {
			return nil, err
		}
		out := &listUsersResponse{paged: newPaged(next)}
		for _, u := range users {
			out.Users.User = append(out.Users.User, newUser(u))
		}
		return out, nil
	},
})
