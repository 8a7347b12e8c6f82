package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var setDefaultPolicyVersion = rpc.Define(rpc.Spec[customVersionRequest, rpc.None]{
	Product:   product,
	Name:      "SetDefaultPolicyVersion",
	Resources: func(c *rpc.Call, in *customVersionRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *customVersionRequest) (*rpc.None, error) {
		return nil, c.Directory.SetDefaultPolicyVersion(ctx, c.Account(), in.PolicyName, in.VersionID)
	},
})
