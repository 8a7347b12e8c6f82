package ram

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type createUserRequest struct {
	UserName    string `param:",required"`
	DisplayName string
	MobilePhone string
	Email       string
	Comments    string
}

var createUser = rpc.Define(rpc.Spec[createUserRequest, userResponse]{
	Product:   product,
	Name:      "CreateUser",
	Resources: func(c *rpc.Call, _ *createUserRequest) []string { return []string{userResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *createUserRequest) (*userResponse, error) {
		created, err := c.Directory.CreateUser(ctx, access.User{
			AccountID:   c.Account(),
			Name:        in.UserName,
			DisplayName: in.DisplayName,
			MobilePhone: in.MobilePhone,
			Email:       in.Email,
			Comments:    in.Comments,
		})
		if err != nil {
			return nil, err
		}
		out := newUser(created)
		out.UpdateDate = time.Time{}
		return &userResponse{out}, nil
	},
})
