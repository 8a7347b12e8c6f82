package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

// There is no console to sign in to, so no user has a password or a device. What
// reads or removes them says so, which is what Terraform expects when it removes a
// user. What would make them is not served.

// absent declares an action on something that no user has; entity is spelled as in
// EntityNotExist.User.LoginProfile.
func absent(action, entity string) rpc.Action {
	return rpc.Define(rpc.Spec[userRequest, rpc.None]{
		Product:   product,
		Name:      action,
		Resources: func(c *rpc.Call, in *userRequest) []string { return in.resources(c) },
		Do: func(ctx context.Context, c *rpc.Call, in *userRequest) (*rpc.None, error) {
			if _, err := c.Directory.User(ctx, c.Account(), in.UserName); err != nil {
				return nil, err
			}
			return nil, &access.Error{Kind: access.NotExist, Entity: entity}
		},
	})
}

var (
	getLoginProfile    = absent("GetLoginProfile", "User.LoginProfile")
	updateLoginProfile = absent("UpdateLoginProfile", "User.LoginProfile")
	deleteLoginProfile = absent("DeleteLoginProfile", "User.LoginProfile")
	getUserMFAInfo     = absent("GetUserMFAInfo", "User.MFADevice")
	unbindMFADevice    = absent("UnbindMFADevice", "User.MFADevice")
)

type listVirtualMFADevicesResponse struct{ VirtualMFADevices mfaDeviceList }

type mfaDeviceList struct{ VirtualMFADevice []struct{} }

var listVirtualMFADevices = rpc.Define(rpc.Spec[rpc.None, listVirtualMFADevicesResponse]{
	Product:   product,
	Name:      "ListVirtualMFADevices",
	Resources: func(c *rpc.Call, _ *rpc.None) []string { return []string{resource(c.Account(), "mfa", "*")} },
	Do: func(context.Context, *rpc.Call, *rpc.None) (*listVirtualMFADevicesResponse, error) {
		return &listVirtualMFADevicesResponse{}, nil
	},
})
