package ram

import (
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

// accessKey is how answers describe one. The secret is told at its creation only.
type accessKey struct {
	AccessKeyID     string `param:"AccessKeyId"`
	AccessKeySecret string `param:",omitempty"`
	Status          string
	CreateDate      time.Time
}

const (
	active   = "Active"
	inactive = "Inactive"
)

func newAccessKey(k access.AccessKey) accessKey {
	status := inactive
	if k.Active {
		status = active
	}
	return accessKey{AccessKeyID: k.ID, AccessKeySecret: k.Secret, Status: status, CreateDate: k.CreateDate}
}

// keyOwner is whose keys an action is about.
type keyOwner struct {
	UserName string // absent: the caller's own
}

func (o keyOwner) resources(c *rpc.Call) []string {
	if name := o.name(c); name != "" {
		return []string{userResource(c, name)}
	}
	return []string{userResource(c, "*")}
}

// name is empty if neither request nor caller tells a user.
func (o keyOwner) name(c *rpc.Call) string {
	if o.UserName == "" {
		return c.UserName()
	}
	return o.UserName
}

// user is the user whose keys are changed. The account's own are not managed
// here: one call without a name would lock its owner out.
func (o keyOwner) user(c *rpc.Call) (string, error) {
	name := o.name(c)
	if name == "" {
		return "", rpc.Missing("UserName")
	}
	return name, nil
}
