package sts

import (
	"context"

	"ossd/access/policy"
	"ossd/protocol/rpc"
)

type getCallerIdentityRequest struct{}

type getCallerIdentityResponse struct {
	IdentityType string
	AccountID    string `param:"AccountId"`
	PrincipalID  string `param:"PrincipalId"`
	UserID       string `param:"UserId,omitempty"`
	RoleID       string `param:"RoleId,omitempty"`
	ARN          string `param:"Arn"`
}

var getCallerIdentity = rpc.Define(rpc.Spec[getCallerIdentityRequest, getCallerIdentityResponse]{
	Product:   product,
	Name:      "GetCallerIdentity",
	Resources: func(c *rpc.Call, _ *getCallerIdentityRequest) []string { return []string{identity(c).ARN} },
	Unguarded: true, // everybody may ask who he is
	Do: func(_ context.Context, c *rpc.Call, _ *getCallerIdentityRequest) (*getCallerIdentityResponse, error) {
		return identity(c), nil
	},
})

func identity(c *rpc.Call) *getCallerIdentityResponse {
	p := c.Caller.Principal
	me := &getCallerIdentityResponse{AccountID: p.AccountID}
	switch p.Type {
	case policy.User:
		me.IdentityType = "RAMUser"
		me.PrincipalID, me.UserID = p.UserID, p.UserID
		me.ARN = "acs:ram::" + p.AccountID + ":user/" + p.UserName
	case policy.RoleSession:
		me.IdentityType = "AssumedRoleUser"
		me.PrincipalID, me.RoleID = p.RoleID+":"+p.SessionName, p.RoleID
		me.ARN = "acs:ram::" + p.AccountID + ":assumed-role/" + p.RoleName + "/" + p.SessionName
	default:
		me.IdentityType = "Account"
		me.PrincipalID, me.UserID = p.AccountID, p.AccountID
		me.ARN = "acs:ram::" + p.AccountID + ":root"
	}
	return me
}
