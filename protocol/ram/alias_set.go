package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type setAccountAliasRequest struct {
	AccountAlias string `param:",required"`
}

var setAccountAlias = rpc.Define(rpc.Spec[setAccountAliasRequest, rpc.None]{
	Product:   product,
	Name:      "SetAccountAlias",
	Resources: func(c *rpc.Call, _ *setAccountAliasRequest) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *setAccountAliasRequest) (*rpc.None, error) {
		return nil, c.Directory.SetAccountAlias(ctx, c.Account(), in.AccountAlias)
	},
})
