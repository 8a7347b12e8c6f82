package ram

import (
	"errors"
	"net/http"

	"ossd/access"
	"ossd/protocol/rpc"
)

// The vendor's texts, spelling included, from RAM "Error messages". The key is
// the code behind the kind: "User.AccessKey" of EntityNotExist.User.AccessKey.
var (
	notExist = map[string]string{
		"User":           "The user does not exist.",
		"User.AccessKey": "The user access key does not exist.",
		"User.Policy":    "The indicate policy of the user does not exist.",
		"Role":           "The role does not exist.",
		"Role.Policy":    "The indicate policy attached to the role does not exist.",
		"Policy":         "The policy does not exist.",
	}
	alreadyExists = map[string]string{
		"User":        "The user does already EXIST.",
		"User.Policy": "The user has already been attached this policy.",
		"Role":        "The role does already EXIST.",
		"Role.Policy": "The role has already been attached this policy.",
		"Policy":      "The policy does already EXIST.",
	}
	deleteConflict = map[string]string{
		"User.AccessKey": "The user CAN NOT has any access key while deleting the user.",
		"User.Policy":    "The user CAN NOT has any attached policy while deleting the user.",
		"Role.Policy":    "The role CAN NOT has any attached policy while deleting the role.",
		"Policy.User":    "The policy CAN NOT been attached to any user while deleting the policy.",
		"Policy.Role":    "The policy CAN NOT been attached to any role while deleting the policy.",
	}
	limitExceeded = map[string]string{
		"User":           "The count of users beyond the current limits.",
		"User.AccessKey": "The access key count of the user access keys beyond the current limits.",
		"User.Policy":    "The policy count of the user attached policies beyond the current limits.",
		"Role":           "The count of roles beyond the current limits.",
		"Role.Policy":    "The count of policies attached to the role beyond the current limits.",
		"Policy":         "The count of policy beyond the current limits.",
	}
)

// refuse is the table of what RAM answers to errors of the access package.
func refuse(err error) *rpc.Error {
	var e *access.Error
	if !errors.As(err, &e) {
		return internal(err)
	}
	switch e.Kind {
	case access.NotExist:
		return coded(err, http.StatusNotFound, "EntityNotExist.", e.Entity, notExist)
	case access.AlreadyExists:
		return coded(err, http.StatusConflict, "EntityAlreadyExists.", e.Entity, alreadyExists)
	case access.DeleteConflict:
		return coded(err, http.StatusConflict, "DeleteConflict.", e.Entity+"."+e.Parameter, deleteConflict)
	case access.LimitExceeded:
		return coded(err, http.StatusConflict, "LimitExceeded.", e.Entity, limitExceeded)
	case access.InvalidChars:
		return invalid(e.Parameter+".InvalidChars", `The parameter - "`+e.Parameter+`" contains invalid chars.`)
	case access.InvalidLength:
		return invalid(e.Parameter+".Length", `The parameter - "`+e.Parameter+`" beyond the length limit.`)
	case access.InvalidFormat:
		if e.Parameter == "PolicyType" {
			return invalid("PolicyType", `The parameter - "PolicyType" is incorrect.`)
		}
		return invalid(e.Parameter+".Format", `The format of the parameter - "`+e.Parameter+`" is incorrect.`)
	case access.Malformed:
		return malformed(e)
	case access.NotPermitted:
		if e.Decision != nil {
			return rpc.Denied(*e.Decision)
		}
	}
	return internal(err)
}

// coded looks the text up. An entity without one has no code that a client
// could know either, so it is a fault of ours.
func coded(err error, status int, kind, entity string, texts map[string]string) *rpc.Error {
	text, ok := texts[entity]
	if !ok {
		return internal(err)
	}
	return &rpc.Error{Code: kind + entity, Message: text, Status: status}
}

// invalid refuses a parameter; code follows InvalidParameter.
func invalid(code, message string) *rpc.Error {
	return &rpc.Error{Code: "InvalidParameter." + code, Message: message, Status: http.StatusBadRequest}
}

// malformed shows where the grammar was left, which is about the client's own
// document and the only way to find the mistake.
func malformed(e *access.Error) *rpc.Error {
	message := "The policy document is malformed."
	if e.Err != nil {
		message = e.Err.Error()
	}
	return &rpc.Error{Code: "MalformedPolicyDocument", Message: message, Status: http.StatusBadRequest}
}

func internal(err error) *rpc.Error {
	return &rpc.Error{
		Code:    "InternalError",
		Message: "An internal error occurred.",
		Status:  http.StatusInternalServerError,
		Err:     err,
	}
}
