package ram

import (
	"context"
	"strings"

	"ossd/access"
	accesspolicy "ossd/access/policy"
	"ossd/protocol/rpc"
)

// updateUserRequest leaves unchanged what is absent; Terraform sends "" to clear.
type updateUserRequest struct {
	userRequest
	NewUserName    *string
	NewDisplayName *string
	NewMobilePhone *string
	NewEmail       *string
	NewComments    *string
}

var updateUser = rpc.Define(rpc.Spec[updateUserRequest, userResponse]{
	Product: product,
	Name:    "UpdateUser",
	Resources: func(c *rpc.Call, in *updateUserRequest) []string {
		asked := in.resources(c)
		// Policies and trust policies speak of names: who may give a user another
		// one could make it the user that they speak of.
		if in.NewUserName != nil && *in.NewUserName != in.UserName {
			renamed := userRequest{UserName: *in.NewUserName}
			asked = append(asked, renamed.resources(c)...)
		}
		return asked
	},
	Do: func(ctx context.Context, c *rpc.Call, in *updateUserRequest) (*userResponse, error) {
		if n := in.NewUserName; n != nil && !c.ByAccount() && *n != in.UserName && strings.EqualFold(*n, in.UserName) {
			// Permission is asked on the stored spelling, which this one would leave.
			return nil, rpc.Denied(accesspolicy.Decision{Reason: accesspolicy.NoAllowManagement, Action: "ram:UpdateUser"})
		}
		u, err := c.Directory.UpdateUser(ctx, c.Account(), in.UserName, access.UserUpdate{
			Name:        in.NewUserName,
			DisplayName: in.NewDisplayName,
			MobilePhone: in.NewMobilePhone,
			Email:       in.NewEmail,
			Comments:    in.NewComments,
		})
		if err != nil {
			return nil, err
		}
		return &userResponse{newUser(u)}, nil
	},
})
