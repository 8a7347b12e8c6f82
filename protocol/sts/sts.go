// Package sts is the Security Token Service API, version 2015-04-01: one file
// per action. It does not decide who may assume a role and makes no token; the
// access package does both.
//
// Operations that exist in the cloud and not here (AssumeRoleWithSAML,
// GenerateSessionAccessKey) are answered as unknown ones; docs/decisions has why.
package sts

import (
	"errors"
	"net/http"

	"ossd/access"
	"ossd/internal/idtoken"
	"ossd/protocol/rpc"
)

var product = &rpc.Product{Name: "Sts", Version: "2015-04-01", Refuse: refuse}

// Actions are the entries of the table. The tokens of identity providers are
// held against what tokens knows of their issuers.
func Actions(tokens *idtoken.Verifier) []rpc.Action {
	return []rpc.Action{assumeRole, assumeRoleWithOIDC(tokens), getCallerIdentity}
}

// parameterErrors are the refusals of single parameters of AssumeRole. The
// vendor's text about DurationSeconds stays the same when a role allows more.
var parameterErrors = map[string]string{
	"RoleArn":         "The parameter RoleArn is wrongly formed.",
	"RoleSessionName": "The parameter RoleSessionName is wrongly formed.",
	"DurationSeconds": "The Min/Max value of DurationSeconds is 15min/1hr.",
	"ExternalId":      "The parameter ExternalId is wrongly formed.",
	"PolicyGrammar":   "The parameter Policy has not passed grammar check.",
	"PolicySize":      "The size of Policy must be smaller than 2048 bytes.",
	"OIDCProviderArn": "The parameter OIDCProviderArn is wrongly formed.",
	"SourceIdentity":  "The parameter SourceIdentity is wrongly formed.",
}

func parameterError(name string) *rpc.Error {
	return &rpc.Error{Code: "InvalidParameter." + name, Message: parameterErrors[name], Status: http.StatusBadRequest}
}

// refuse is the table of what STS answers to errors of the access package.
func refuse(err error) *rpc.Error {
	var e *access.Error
	if !errors.As(err, &e) {
		return internal(err)
	}
	switch e.Kind {
	case access.NotExist:
		// The space before the full stop is the vendor's.
		return &rpc.Error{Code: "EntityNotExist.Role", Message: "The specified Role not exists .", Status: http.StatusNotFound}
	case access.RootForbidden:
		return &rpc.Error{Code: "NoPermission", Message: "Roles may not be assumed by root accounts.", Status: http.StatusForbidden}
	case access.LimitExceeded: // the vendor names no limit, and no code
		return &rpc.Error{Code: "LimitExceeded.Session", Message: "The session comes from too many roles in turn.", Status: http.StatusBadRequest}
	case access.NotPermitted:
		if e.Parameter == "SourceIdentity" { // the vendor says that it cannot be changed, and not how that is refused
			return &rpc.Error{Code: "NoPermission", Message: "The SourceIdentity of a role session cannot be changed.", Status: http.StatusForbidden}
		}
		if e.Decision != nil {
			return rpc.Denied(*e.Decision)
		}
	case access.Malformed:
		return parameterError("PolicyGrammar")
	case access.InvalidChars, access.InvalidLength, access.InvalidFormat:
		if e.Parameter == "Policy" {
			return parameterError("PolicySize")
		}
		if parameterErrors[e.Parameter] != "" {
			return parameterError(e.Parameter)
		}
	}
	return internal(err)
}

func internal(err error) *rpc.Error {
	return &rpc.Error{
		Code:    "InternalError",
		Message: "STS Server Internal Error happened, please send the RequestId to us.",
		Status:  http.StatusInternalServerError,
		Err:     err,
	}
}
