package ram

import (
	"context"

	"ossd/protocol/rpc"
)

// userRequest is that of the actions that need nothing but a user.
type userRequest struct {
	UserName string `param:",required"`
}

func (in *userRequest) resources(c *rpc.Call) []string {
	return []string{userResource(c, in.UserName)}
}

type getUserResponse struct{ User userDetail }

type userDetail struct {
	user
	LastLoginDate string // always empty: there is no console to sign in to
}

var getUser = rpc.Define(rpc.Spec[userRequest, getUserResponse]{
	Product:   product,
	Name:      "GetUser",
	Resources: func(c *rpc.Call, in *userRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userRequest) (*getUserResponse, error) {
		u, err := c.Directory.User(ctx, c.Account(), in.UserName)
		if err != nil {
			return nil, err
		}
		return &getUserResponse{userDetail{user: newUser(u)}}, nil
	},
})
