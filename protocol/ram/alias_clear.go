package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var clearAccountAlias = rpc.Define(rpc.Spec[rpc.None, rpc.None]{
	Product:   product,
	Name:      "ClearAccountAlias",
	Resources: func(c *rpc.Call, _ *rpc.None) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, _ *rpc.None) (*rpc.None, error) {
		return nil, c.Directory.ClearAccountAlias(ctx, c.Account())
	},
})
