package ram

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type createGroupRequest struct {
	GroupName string `param:",required"`
	Comments  string
}

var createGroup = rpc.Define(rpc.Spec[createGroupRequest, groupResponse]{
	Product:   product,
	Name:      "CreateGroup",
	Resources: func(c *rpc.Call, _ *createGroupRequest) []string { return []string{groupResource(c, "*")} },
	Do: func(ctx context.Context, c *rpc.Call, in *createGroupRequest) (*groupResponse, error) {
		created, err := c.Directory.CreateGroup(ctx, access.Group{AccountID: c.Account(), Name: in.GroupName, Comments: in.Comments})
		if err != nil {
			return nil, err
		}
		out := newGroup(created)
		out.UpdateDate = time.Time{}
		return &groupResponse{out}, nil
	},
})
