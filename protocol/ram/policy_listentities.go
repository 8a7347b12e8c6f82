package ram

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type listEntitiesResponse struct {
	Users  attachedUserList
	Groups attachedGroupList
	Roles  attachedRoleList
}

type attachedUserList struct{ User []attachedUser }

type attachedUser struct {
	UserID      string `param:"UserId"`
	UserName    string
	DisplayName string
	AttachDate  time.Time
}

type attachedGroupList struct{ Group []attachedGroup }

type attachedGroup struct {
	GroupName  string
	Comments   string
	AttachDate time.Time
}

type attachedRoleList struct{ Role []attachedRole }

type attachedRole struct {
	RoleID      string `param:"RoleId"`
	RoleName    string
	ARN         string `param:"Arn"`
	Description string
	AttachDate  time.Time
}

var listEntitiesForPolicy = rpc.Define(rpc.Spec[policyRequest, listEntitiesResponse]{
	Product:   product,
	Name:      "ListEntitiesForPolicy",
	Resources: func(c *rpc.Call, in *policyRequest) []string { return []string{in.resource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *policyRequest) (*listEntitiesResponse, error) {
		attachments, err := c.Directory.EntitiesOf(ctx, c.Account(), in.PolicyType, in.PolicyName)
		if err != nil {
			return nil, err
		}
		out := &listEntitiesResponse{}
		for _, a := range attachments {
			if err := out.add(ctx, c, a); err != nil && !goneMeanwhile(err) {
				return nil, err
			}
		}
		return out, nil
	},
})

func (out *listEntitiesResponse) add(ctx context.Context, c *rpc.Call, a access.Attachment) error {
	switch a.EntityType {
	case access.RoleEntity:
		r, err := c.Directory.Role(ctx, c.Account(), a.EntityName)
		if err != nil {
			return err
		}
		out.Roles.Role = append(out.Roles.Role, attachedRole{r.ID, r.Name, r.ARN(), r.Description, a.AttachDate})
		return nil
	case access.GroupEntity:
		g, err := c.Directory.Group(ctx, c.Account(), a.EntityName)
		if err != nil {
			return err
		}
		out.Groups.Group = append(out.Groups.Group, attachedGroup{g.Name, g.Comments, a.AttachDate})
		return nil
	}
	u, err := c.Directory.User(ctx, c.Account(), a.EntityName)
	if err != nil {
		return err
	}
	out.Users.User = append(out.Users.User, attachedUser{u.ID, u.Name, u.DisplayName, a.AttachDate})
	return nil
}
