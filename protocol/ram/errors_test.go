package ram

import (
	"errors"
	"testing"

	"ossd/access"
	decide "ossd/access/policy"
)

// The rows of the table that no transcript reaches.
func TestRefuse(t *testing.T) {
	for _, c := range []struct {
		err           access.Error
		status        int
		code, message string
	}{
		{access.Error{Kind: access.LimitExceeded, Entity: "User"}, 409, "LimitExceeded.User", "The count of users beyond the current limits."},
		{access.Error{Kind: access.LimitExceeded, Entity: "User.Policy"}, 409, "LimitExceeded.User.Policy", "The policy count of the user attached policies beyond the current limits."},
		{access.Error{Kind: access.LimitExceeded, Entity: "Role"}, 409, "LimitExceeded.Role", "The count of roles beyond the current limits."},
		{access.Error{Kind: access.LimitExceeded, Entity: "Role.Policy"}, 409, "LimitExceeded.Role.Policy", "The count of policies attached to the role beyond the current limits."},
		{access.Error{Kind: access.LimitExceeded, Entity: "Policy"}, 409, "LimitExceeded.Policy", "The count of policy beyond the current limits."},
		{access.Error{Kind: access.InvalidLength, Parameter: "PolicyDocument"}, 400, "InvalidParameter.PolicyDocument.Length", `The parameter - "PolicyDocument" beyond the length limit.`},
		{access.Error{Kind: access.NotPermitted, Decision: &decide.Decision{}}, 403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM."},
		{access.Error{Kind: access.Malformed}, 400, "MalformedPolicyDocument", "The policy document is malformed."},
	} {
		e := refuse(&c.err)
		if e.Status != c.status || e.Code != c.code || e.Message != c.message || e.Err != nil {
			t.Errorf("%v: got %d %s %q, want %d %s %q", &c.err, e.Status, e.Code, e.Message, c.status, c.code, c.message)
		}
	}
}

// What the table does not know is our fault, and no client reads why.
func TestRefuseUnknown(t *testing.T) {
	for _, err := range []error{
		errors.New("disk full at /data"),
		&access.Error{Kind: access.NotExist, Entity: "Account"},
		&access.Error{Kind: access.NotPermitted},
		&access.Error{Kind: access.RootForbidden},
	} {
		if e := refuse(err); e.Status != 500 || e.Code != "InternalError" || e.Message != "An internal error occurred." || !errors.Is(e.Err, err) {
			t.Errorf("%v: got %d %s %q (%v)", err, e.Status, e.Code, e.Message, e.Err)
		}
	}
}
