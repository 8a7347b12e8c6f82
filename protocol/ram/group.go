package ram

import (
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

// group is how answers describe one.
type group struct {
	GroupID    string `param:"GroupId"`
	GroupName  string
	Comments   string
	CreateDate time.Time
	UpdateDate time.Time // not in the answer to CreateGroup
}

func newGroup(g access.Group) group {
	return group{GroupID: g.ID, GroupName: g.Name, Comments: g.Comments, CreateDate: g.CreateDate, UpdateDate: g.UpdateDate}
}

type groupResponse struct{ Group group }

// groupRequest is that of the actions that need nothing but a group.
type groupRequest struct {
	GroupName string `param:",required"`
}

func (in *groupRequest) resources(c *rpc.Call) []string {
	return []string{groupResource(c, in.GroupName)}
}

// memberRequest names a user and a group that it is, or shall be, in.
type memberRequest struct {
	UserName  string `param:",required"`
	GroupName string `param:",required"`
}

func (in *memberRequest) resources(c *rpc.Call) []string {
	return []string{userResource(c, in.UserName), groupResource(c, in.GroupName)}
}
