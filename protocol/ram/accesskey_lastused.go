package ram

import (
	"context"
	"time"

	"ossd/protocol/rpc"
)

type getAccessKeyLastUsedRequest struct {
	keyOwner
	UserAccessKeyID string `param:"UserAccessKeyId,required"`
}

type getAccessKeyLastUsedResponse struct{ AccessKeyLastUsed accessKeyLastUsed }

type accessKeyLastUsed struct {
	LastUsedDate time.Time // absent: never
}

var getAccessKeyLastUsed = rpc.Define(rpc.Spec[getAccessKeyLastUsedRequest, getAccessKeyLastUsedResponse]{
	Product:   product,
	Name:      "GetAccessKeyLastUsed",
	Resources: func(c *rpc.Call, in *getAccessKeyLastUsedRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *getAccessKeyLastUsedRequest) (*getAccessKeyLastUsedResponse, error) {
		user := in.name(c)
		if user == "" && !c.ByAccount() {
			return nil, rpc.Missing("UserName") // the account's keys are its owner's to see
		}
		last, err := c.Directory.AccessKeyLastUsed(ctx, c.Account(), user, in.UserAccessKeyID)
		if err != nil {
			return nil, err
		}
		return &getAccessKeyLastUsedResponse{accessKeyLastUsed{last}}, nil
	},
})
