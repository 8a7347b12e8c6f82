package admin

import (
	"context"

	"ossd/protocol/rpc"
)

type rotateKeysRequest struct{}

type rotateKeysResponse struct {
	KeyID           int `param:"KeyId"`
	SecretsResealed int
	KeysDropped     int
	KeysKept        int
}

// rotateKeys concerns everybody on the server, so that only the operator's
// account may ask for it.
func rotateKeys(operator func() string) rpc.Action {
	return rpc.Define(rpc.Spec[rotateKeysRequest, rotateKeysResponse]{
		Product:   product,
		Name:      "RotateKeys",
		Resources: func(c *rpc.Call, _ *rotateKeysRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, _ *rotateKeysRequest) (*rotateKeysResponse, error) {
			if c.Account() != operator() {
				return nil, forOperator()
			}
			done, err := c.Directory.RotateKeys(ctx)
			if err != nil {
				return nil, err
			}
			return &rotateKeysResponse{done.KeyID, done.Resealed, done.Dropped, done.Kept}, nil
		},
	})
}
