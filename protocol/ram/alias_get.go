package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type getAccountAliasResponse struct {
	AccountAlias string // empty: there is none
}

var getAccountAlias = rpc.Define(rpc.Spec[rpc.None, getAccountAliasResponse]{
	Product:   product,
	Name:      "GetAccountAlias",
	Resources: func(c *rpc.Call, _ *rpc.None) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, _ *rpc.None) (*getAccountAliasResponse, error) {
		alias, err := c.Directory.AccountAlias(ctx, c.Account())
		if err != nil {
			return nil, err
		}
		return &getAccountAliasResponse{alias}, nil
	},
})
