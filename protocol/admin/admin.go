// Package admin is ossd's own API in RPC style, version 2026-11-24: what an
// administrator wants to know and the vendor's APIs have no action for, one file
// an action. It finds out nothing itself; the packages below it do.
package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"ossd/access"
	"ossd/protocol/rpc"
	"ossd/protocol/signature/diagnose"
)

var product = &rpc.Product{Name: "Ossd", Version: "2026-11-24", Refuse: refuse, Spell: spell}

// Explain tells what would become of a request, as an asker of account may know
// it. r has no body.
type Explain func(ctx context.Context, account string, r *http.Request) (*diagnose.Report, error)

// Config is what the actions need of the server.
type Config struct {
	Explain  Explain
	Simulate Simulate
	Apply    Apply
	Operator func() string // account whose administrators may change the server itself
}

// Actions are the entries of the table.
func Actions(c Config) []rpc.Action {
	return []rpc.Action{
		explainRequest(c.Explain), simulateAccess(c.Simulate), applyDeclaration(c.Apply, c.Operator), revokeSessions,
		createAccount(c.Operator), listAccounts(c.Operator), rotateKeys(c.Operator),
	}
}

// forOperator refuses what concerns others than the caller's account.
func forOperator() *rpc.Error {
	return &rpc.Error{Code: "NoPermission", Message: "Only the first account of the server may do this.", Status: http.StatusForbidden}
}

// MalformedDeclaration refuses a declaration, in the words of whoever could not read it.
func MalformedDeclaration(err error) *rpc.Error {
	return &rpc.Error{Code: "MalformedDeclaration", Message: strings.TrimPrefix(err.Error(), "access: "), Status: http.StatusBadRequest}
}

// everything is the resource of actions that are about the whole account.
func everything(c *rpc.Call) []string { return []string{"acs:ossd:*:" + c.Account() + ":*"} }

// spell gives a resource that names a role the role's spelling.
func spell(ctx context.Context, c *rpc.Call, resource string) (string, error) {
	prefix, name, ok := strings.Cut(resource, ":role/")
	if !ok {
		return resource, nil
	}
	role, err := c.Directory.Role(ctx, c.Account(), name)
	if refused := (*access.Error)(nil); errors.As(err, &refused) {
		return resource, nil
	}
	return prefix + ":role/" + role.Name, err
}

// refuse answers errors of the access package, in RAM's words where it has any.
func refuse(err error) *rpc.Error {
	if e := (*access.Error)(nil); errors.As(err, &e) {
		switch {
		case e.Kind == access.NotExist && e.Entity == "Role":
			return &rpc.Error{Code: "EntityNotExist.Role", Message: "The role does not exist.", Status: http.StatusNotFound}
		case e.Kind == access.AlreadyExists && e.Entity == "Account":
			return &rpc.Error{Code: "EntityAlreadyExists.Account", Message: "The account does already exist.", Status: http.StatusConflict}
		case e.Kind == access.InvalidLength:
			return rpc.InvalidParameter(e.Parameter)
		case e.Kind == access.LimitExceeded && e.Entity == "Key":
			return &rpc.Error{Code: "LimitExceeded.Key", Message: "The keys were rotated too often; older ones must come out of use first.", Status: http.StatusConflict}
		case e.Kind == access.InvalidFormat:
			return rpc.InvalidParameter(e.Parameter)
		}
	}
	return &rpc.Error{
		Code:    "InternalError",
		Message: "The request processing has failed due to some unknown error, exception or failure.",
		Status:  http.StatusInternalServerError,
		Err:     err,
	}
}
