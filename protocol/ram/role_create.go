package ram

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type createRoleRequest struct {
	RoleName                 string `param:",required"`
	AssumeRolePolicyDocument string `param:",required"`
	Description              string
	MaxSessionDuration       *int
	Tag                      []rpc.Tag
}

var createRole = rpc.Define(rpc.Spec[createRoleRequest, roleResponse]{
	Product:   product,
	Name:      "CreateRole",
	Resources: func(c *rpc.Call, _ *createRoleRequest) []string { return []string{roleResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *createRoleRequest) (*roleResponse, error) {
		tags, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		created, err := c.Directory.CreateRole(ctx, access.Role{
			AccountID:          c.Account(),
			Name:               in.RoleName,
			Description:        in.Description,
			TrustPolicy:        in.AssumeRolePolicyDocument,
			MaxSessionDuration: sessionDuration(in.MaxSessionDuration),
			Tags:               tags,
		})
		if err != nil {
			return nil, err
		}
		out := newRole(created)
		out.UpdateDate = time.Time{}
		return &roleResponse{out}, nil
	},
})
