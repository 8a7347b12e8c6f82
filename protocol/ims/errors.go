package ims

import (
	"errors"
	"net/http"

	"ossd/access"
	"ossd/protocol/rpc"
)

// texts go with the codes. EntityNotExist.OIDCProvider is what official clients
// ask for; the vendor publishes no list of the others, which follow RAM's pattern.
var texts = map[string]string{
	"EntityNotExist.OIDCProvider":                  "The OIDC provider does not exist.",
	"EntityNotExist.OIDCProvider.ClientId":         "The OIDC provider does not have this client id.",
	"EntityNotExist.OIDCProvider.Fingerprint":      "The OIDC provider does not have this fingerprint.",
	"EntityAlreadyExists.OIDCProvider":             "The OIDC provider already exists.",
	"EntityAlreadyExists.OIDCProvider.IssuerUrl":   "There is an OIDC provider with this issuer already.",
	"EntityAlreadyExists.OIDCProvider.ClientId":    "The OIDC provider already has this client id.",
	"EntityAlreadyExists.OIDCProvider.Fingerprint": "The OIDC provider already has this fingerprint.",
	"LimitExceeded.OIDCProvider":                   "The count of OIDC providers beyond the current limits.",
	"LimitExceeded.OIDCProvider.ClientId":          "The count of client ids of the OIDC provider beyond the current limits.",
	"LimitExceeded.OIDCProvider.Fingerprint":       "The count of fingerprints of the OIDC provider beyond the current limits.",
	"DeleteConflict.OIDCProvider.Fingerprint":      "The last fingerprint of an OIDC provider cannot be removed.",
}

// refuse is the table of what IMS answers to errors of the access package.
func refuse(err error) *rpc.Error {
	var e *access.Error
	if !errors.As(err, &e) {
		return internal(err)
	}
	entity := e.Entity
	if e.Parameter != "" && entity != "" {
		entity += "." + e.Parameter
	}
	switch e.Kind {
	case access.NotExist:
		return coded(err, http.StatusNotFound, "EntityNotExist."+entity)
	case access.AlreadyExists:
		return coded(err, http.StatusConflict, "EntityAlreadyExists."+entity)
	case access.LimitExceeded:
		return coded(err, http.StatusConflict, "LimitExceeded."+entity)
	case access.DeleteConflict:
		return coded(err, http.StatusConflict, "DeleteConflict."+entity)
	case access.InvalidChars:
		return invalid(e.Parameter+".InvalidChars", `The parameter - "`+e.Parameter+`" contains invalid chars.`)
	case access.InvalidLength:
		return invalid(e.Parameter+".Length", `The parameter - "`+e.Parameter+`" beyond the length limit.`)
	case access.InvalidFormat:
		return invalid(e.Parameter+".Format", `The format of the parameter - "`+e.Parameter+`" is incorrect.`)
	}
	return internal(err)
}

func coded(err error, status int, code string) *rpc.Error {
	text, ok := texts[code]
	if !ok {
		return internal(err)
	}
	return &rpc.Error{Code: code, Message: text, Status: status}
}

func invalid(code, message string) *rpc.Error {
	return &rpc.Error{Code: "InvalidParameter." + code, Message: message, Status: http.StatusBadRequest}
}

func internal(err error) *rpc.Error {
	return &rpc.Error{
		Code: "InternalError", Message: "An internal error occurred.", Status: http.StatusInternalServerError, Err: err,
	}
}
