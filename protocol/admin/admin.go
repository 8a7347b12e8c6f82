// Package admin is ossd's own API in RPC style, version 2026-11-24: what an
// administrator wants to know and the vendor's APIs have no action for, one file
// an action. It finds out nothing itself; the packages below it do.
package admin

import (
	"context"
	"net/http"

	"ossd/protocol/rpc"
	"ossd/protocol/signature/diagnose"
)

var product = &rpc.Product{Name: "Ossd", Version: "2026-11-24", Refuse: refuse}

// Explain tells what would become of a request, as an asker of account may know
// it. r has no body.
type Explain func(ctx context.Context, account string, r *http.Request) (*diagnose.Report, error)

// Actions are the entries of the table.
func Actions(explain Explain, simulate Simulate) []rpc.Action {
	return []rpc.Action{explainRequest(explain), simulateAccess(simulate)}
}

// everything is the resource of actions that are about the whole account.
func everything(c *rpc.Call) []string { return []string{"acs:ossd:*:" + c.Account() + ":*"} }

// refuse answers errors that no action has foreseen.
func refuse(err error) *rpc.Error {
	return &rpc.Error{
		Code:    "InternalError",
		Message: "The request processing has failed due to some unknown error, exception or failure.",
		Status:  http.StatusInternalServerError,
		Err:     err,
	}
}
