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
		"User":              "The user does not exist.",
		"User.AccessKey":    "The user access key does not exist.",
		"User.Policy":       "The indicate policy of the user does not exist.",
		"User.Group":        "The user has not joined the group.",
		"User.LoginProfile": "The user login profile does not exist.",
		"User.MFADevice":    "The user has not bound any MFA device.",
		"Group":             "The group does not exist.",
		"Group.Policy":      "The indicate policy attached to the group does not exist.",
		"Role":              "The role does not exist.",
		"Role.Policy":       "The indicate policy attached to the role does not exist.",
		"Policy":            "The policy does not exist.",
		"Policy.Version":    "The policy version does not exist.",
	}
	alreadyExists = map[string]string{
		"User":         "The user does already EXIST.",
		"User.Policy":  "The user has already been attached this policy.",
		"User.Group":   "The user has already joined the group.",
		"Group":        "The group does already EXIST.",
		"Group.Policy": "The group has already been attached this policy.",
		"AccountAlias": "The account alias does already exist.",
		"Role":         "The role does already EXIST.",
		"Role.Policy":  "The role has already been attached this policy.",
		"Policy":       "The policy does already EXIST.",
	}
	deleteConflict = map[string]string{
		"User.AccessKey":         "The user CAN NOT has any access key while deleting the user.",
		"User.Policy":            "The user CAN NOT has any attached policy while deleting the user.",
		"User.Group":             "The user CAN NOT be in any group while deleting the user.",
		"Group.User":             "The group CAN NOT has any user member while deleting the group.",
		"Group.Policy":           "The entity CAN NOT has any attached policy while deleting the group.",
		"Policy.Group":           "The policy CAN NOT been attached to any group while deleting the policy.",
		"Policy.Version":         "The policy CAN NOT has any version except the default version.",
		"Policy.Version.Default": "The default policy version CAN NOT been deleted directly.",
		"Role.Policy":            "The role CAN NOT has any attached policy while deleting the role.",
		"Policy.User":            "The policy CAN NOT been attached to any user while deleting the policy.",
		"Policy.Role":            "The policy CAN NOT been attached to any role while deleting the policy.",
	}
	limitExceeded = map[string]string{
		"User":           "The count of users beyond the current limits.",
		"User.AccessKey": "The access key count of the user access keys beyond the current limits.",
		"User.Policy":    "The policy count of the user attached policies beyond the current limits.",
		"User.Group":     "The count of groups the target user joined beyond the current limits.",
		"Group":          "The count of groups beyond the current limits.",
		"Group.Policy":   "The policy count of the group beyond the current limits.",
		"Role":           "The count of roles beyond the current limits.",
		"Role.Policy":    "The count of policies attached to the role beyond the current limits.",
		"Policy":         "The count of policy beyond the current limits.",
		"Policy.Version": "The count of policy version beyond the current limits.",
		"Tag":            "The count of tags beyond the current limits.", // worded after its siblings: none is published
	}
)

// refuse is the table of what RAM answers to errors of the access package.
func refuse(err error) *rpc.Error {
	var e *access.Error
	switch {
	case errors.Is(err, access.ErrMessageUnknown):
		return &rpc.Error{Code: "EntityNotExist", Message: "The specific DecodedDiagnosticMessage cannot be found.", Status: http.StatusNotFound}
	case errors.Is(err, access.ErrMessageExpired):
		return &rpc.Error{Code: "EncodedMessageExpire", Message: "The EncodedDiagnosticMessage is expired.", Status: http.StatusBadRequest}
	case !errors.As(err, &e):
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
		if e.Parameter == "AccountAlias" {
			return invalid("AccountAlias.Length", `The parameter - "AccountAlias" MUST be in the range of 3 and 63.`)
		}
		return invalid(e.Parameter+".Length", `The parameter - "`+e.Parameter+`" beyond the length limit.`)
	case access.InvalidFormat:
		switch e.Parameter {
		case "PolicyType":
			return invalid("PolicyType", `The parameter - "PolicyType" is incorrect.`)
		case "AccountAlias":
			return invalid("AccountAlias.Format", `The format of parameter - "AccountAlias" is incorrect.`)
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
