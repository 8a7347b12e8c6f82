package rpc

import (
	"errors"
	"net/http"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/signature"
)

// Error is a refusal as the client reads it.
type Error struct {
	Code    string
	Message string
	Status  int

	Decision *policy.Decision // what the refusal rests on, if it is one of permission
	Err      error            // for the log; no client sees it
}

// Error leaves the message out: that of SignatureDoesNotMatch repeats every
// parameter, and errors are logged.
func (e *Error) Error() string { return e.Code }

func (e *Error) Unwrap() error { return e.Err }

// The gateway's own refusals: what goes wrong before an action runs. Codes and
// texts are the vendor's where it has any.
var (
	errMethod          = invalid("UnsupportedHTTPMethod", "This http method is not supported.")
	errContentType     = invalid("InvalidParameter.ContentType", `The ContentType request header must be either "application/json" or "application/x-www-form-urlencoded".`)
	errBody            = invalid("InvalidParameter", "The request body could not be read.")
	errEncoding        = invalid("InvalidParameter", "The parameters are not well-formed URL encoding.")
	errBodySize        = &Error{Code: "RequestEntityTooLarge", Message: "The request body is too large.", Status: http.StatusRequestEntityTooLarge}
	errFormat          = invalid("InvalidParameter.Format", "Specified parameter format is not valid.")
	errVersion         = invalid("InvalidVersion", "Specified parameter Version is not valid.")
	errActionNotFound  = &Error{Code: "InvalidAction.NotFound", Message: "Specified api is not found, please check your url and method.", Status: http.StatusNotFound}
	errSignatureMethod = invalid("InvalidSignatureMethod", "Specified signature method is not valid.")
	errBeforeStart     = invalid("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired: it lies before the start of the server.")
	errNonceUsed       = unproved(signature.RPCNonceUsed())
	errNonceLength     = invalid("InvalidParameter.SignatureNonce", "Specified parameter SignatureNonce is not valid.")
	errThrottledUser   = invalid("Throttling.User", "Request was denied due to user flow control.")
	errUnavailable     = &Error{Code: "ServiceUnavailable", Message: "The request has failed due to a temporary failure of the server.", Status: http.StatusServiceUnavailable}
)

// credentialErrors are the refusals of Directory.Credential.
var credentialErrors = []struct {
	err    error
	answer *Error
}{
	{access.ErrKeyNotFound, unproved(signature.RPCKeyNotFound())},
	{access.ErrKeyInactive, unproved(signature.RPCKeyInactive())},
	{access.ErrTokenMissing, unproved(signature.RPCTokenMissing())},
	{access.ErrTokenInvalid, unproved(signature.RPCTokenMalformed())},
	{access.ErrTokenMismatch, unproved(signature.RPCTokenMismatch())},
	{access.ErrTokenUnexpected, unproved(signature.RPCTokenMismatch())},
	{access.ErrTokenExpired, unproved(signature.RPCTokenExpired())},
}

func credentialError(err error) *Error {
	for _, e := range credentialErrors {
		if errors.Is(err, e.err) {
			return e.answer
		}
	}
	return internal(err)
}

// unproved takes over what the signature package says.
func unproved(e *signature.RPCError) *Error {
	return &Error{Code: e.Code, Message: e.Message, Status: e.Status}
}

func invalid(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: http.StatusBadRequest}
}

// Missing refuses a request that lacks a parameter.
func Missing(name string) *Error {
	return invalid("Missing"+name, name+" is mandatory for this action.")
}

// InvalidParameter refuses a value for which the product has no text of its own.
func InvalidParameter(name string) *Error {
	return invalid("InvalidParameter."+name, "Specified parameter "+name+" is not valid.")
}

// Denied refuses what a decision denies.
func Denied(d policy.Decision) *Error {
	return &Error{
		Code:     "NoPermission",
		Message:  "You are not authorized to do this action. You should be authorized by RAM.",
		Status:   http.StatusForbidden,
		Decision: &d,
	}
}

func internal(err error) *Error {
	if access.Unavailable(err) {
		answer := *errUnavailable
		answer.Err = err
		return &answer
	}
	return &Error{
		Code:    "InternalError",
		Message: "The request processing has failed due to some unknown error, exception or failure.",
		Status:  http.StatusInternalServerError,
		Err:     err,
	}
}

// refuse gives the answer to an error of an action. A caller whose user, role
// or key went away while the action ran is told so by the gateway.
func (a Action) refuse(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if gone := credentialError(err); gone.Err == nil {
		return gone
	}
	if access.Unavailable(err) {
		return internal(err)
	}
	return a.Product.Refuse(err)
}

// asError is the last step: every error of the pipeline becomes an answer here.
func asError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var e *signature.RPCError
	if errors.As(err, &e) {
		return unproved(e)
	}
	return internal(err)
}
