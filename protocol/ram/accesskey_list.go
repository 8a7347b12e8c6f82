package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listAccessKeysResponse struct{ AccessKeys accessKeyList }

type accessKeyList struct{ AccessKey []accessKey }

var listAccessKeys = rpc.Define(rpc.Spec[keyOwner, listAccessKeysResponse]{
	Product:   product,
	Name:      "ListAccessKeys",
	Resources: func(c *rpc.Call, in *keyOwner) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *keyOwner) (*listAccessKeysResponse, error) {
		user := in.name(c)
		if user == "" && !c.ByAccount() {
			return nil, rpc.Missing("UserName") // the account's keys are its owner's to see
		}
		keys, err := c.Directory.AccessKeys(ctx, c.Account(), user)
		if err != nil {
			return nil, err
		}
		out := &listAccessKeysResponse{}
		for _, k := range keys {
			out.AccessKeys.AccessKey = append(out.AccessKeys.AccessKey, newAccessKey(k))
		}
		return out, nil
	},
})
