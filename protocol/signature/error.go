package signature

import (
	"strings"
	"time"
)

// Error is a refusal in the words of OSS: Code decides the HTTP status.
type Error struct {
	Code    string
	Message string
	EC      string  // "0002-00000040", or ""
	Fields  []Field // further elements of the error body, in order
}

// Field is one element of an error body.
type Field struct{ Name, Value string }

// Error leaves the fields out: they may hold a security token, and errors are logged.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// UnknownKey refuses an access key that does not exist.
func UnknownKey(id string) *Error {
	return refuseKey(id, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000902")
}

// DisabledKey refuses an access key that exists but is not active.
func DisabledKey(id string) *Error {
	return refuseKey(id, "The OSS Access Key Id you provided is disabled.", "0002-00000904")
}

// TokenMissing refuses a temporary access key that came without its security token.
func TokenMissing(id string) *Error {
	return refuseKey(id, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000003")
}

// TokenInvalid refuses a security token that was never issued, or was changed.
func TokenInvalid() *Error {
	return &Error{Code: "InvalidSecurityToken", Message: "The security token you provided is invalid.", EC: "0002-00000006"}
}

// TokenMismatch refuses a genuine security token that belongs to another access key.
func TokenMismatch() *Error {
	return &Error{
		Code:    "AccessKeyIdAndSecurityTokenNotMatch",
		Message: "The OSS access key id and security token you provided does not match.",
	}
}

// TokenExpired refuses a security token that ended at the instant at.
func TokenExpired(at, now time.Time) *Error {
	return &Error{
		Code:    "SecurityTokenExpired",
		Message: "The security token you provided has expired.",
		EC:      "0002-00000007",
		Fields:  []Field{{"Expires", formatTime(at)}, {"ServerTime", formatTime(now)}},
	}
}

// TokenUnexpected refuses a security token beside a permanent access key. The
// vendor publishes the code, but no message.
func TokenUnexpected() *Error {
	return &Error{
		Code:    "SecurityTokenNotSupported",
		Message: "A permanent access key does not take a security token.",
	}
}

func refuseKey(id, message, ec string) *Error {
	return &Error{Code: "InvalidAccessKeyId", Message: message, EC: ec, Fields: []Field{{"OSSAccessKeyId", id}}}
}

// invalid is the refusal of credentials that are malformed.
func invalid(ec, message string, fields ...Field) *Error {
	return &Error{Code: "InvalidArgument", Message: message, EC: ec, Fields: fields}
}

func denied(ec, message string, fields ...Field) *Error {
	return &Error{Code: "AccessDenied", Message: message, EC: ec, Fields: fields}
}

func argument(name, value string) []Field {
	return []Field{{"ArgumentName", name}, {"ArgumentValue", value}}
}

// SwitchedOff refuses a claim by a signature version that the operator switched
// off. The vendor publishes an EC for V1 only.
func SwitchedOff(c *Claim) *Error {
	ec := ""
	if c.Scheme.Version() == V1Header.Version() {
		ec = "0002-00000080"
	}
	return denied(ec, "The "+strings.ToUpper(c.Scheme.Version())+" signature is switched off on this server.")
}
