package admin

import (
	"context"
	"time"

	"ossd/protocol/rpc"
)

type revokeSessionsRequest struct {
	RoleName   string `param:",required"`
	BeforeTime string // RFC 3339; absent: now
}

type revokeSessionsResponse struct {
	RoleName      string
	RevokedBefore string // sessions that were issued then or earlier are over
}

// revokeSessions ends the sessions of a role that were issued at or before an
// instant, at once: a token is held against it whenever it is used. Who may
// still assume the role may begin another one.
var revokeSessions = rpc.Define(rpc.Spec[revokeSessionsRequest, revokeSessionsResponse]{
	Product: product,
	Name:    "RevokeSessions",
	Resources: func(c *rpc.Call, in *revokeSessionsRequest) []string {
		return []string{"acs:ossd:*:" + c.Account() + ":role/" + in.RoleName}
	},
	Do: func(ctx context.Context, c *rpc.Call, in *revokeSessionsRequest) (*revokeSessionsResponse, error) {
		var before time.Time
		if in.BeforeTime != "" {
			var err error
			if before, err = time.Parse(time.RFC3339, in.BeforeTime); err != nil || before.IsZero() {
				return nil, rpc.InvalidParameter("BeforeTime")
			}
		}
		role, err := c.Directory.RevokeSessions(ctx, c.Account(), in.RoleName, before)
		if err != nil {
			return nil, err
		}
		return &revokeSessionsResponse{role.Name, role.SessionsRevokedBefore.Format("2006-01-02T15:04:05.000Z")}, nil
	},
})
