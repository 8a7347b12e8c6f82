package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type createPolicyVersionRequest struct {
	customPolicyRequest
	PolicyDocument string `param:",required"`
	SetAsDefault   bool
	RotateStrategy string // absent: None
}

// Values of RotateStrategy.
const (
	rotateNone   = "None"
	rotateOldest = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
)

var createPolicyVersion = rpc.Define(rpc.Spec[createPolicyVersionRequest, policyVersionResponse]{
	Product:   product,
	Name:      "CreatePolicyVersion",
	Resources: func(c *rpc.Call, in *createPolicyVersionRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *createPolicyVersionRequest) (*policyVersionResponse, error) {
		if s := in.RotateStrategy; s != "" && s != rotateNone && s != rotateOldest {
			return nil, rpc.InvalidParameter("RotateStrategy")
		}
		v, err := c.Directory.CreatePolicyVersion(ctx, c.Account(), in.PolicyName, access.NewPolicyVersion{
			Document: in.PolicyDocument,
			Default:  in.SetAsDefault,
			Rotate:   in.RotateStrategy == rotateOldest,
		})
		if err != nil {
			return nil, err
		}
		return &policyVersionResponse{newPolicyVersion(v)}, nil
	},
})
