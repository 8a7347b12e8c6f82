// Package formpolicy parses the policy document of a form upload and checks a
// form against its conditions. It does not know who signed the document, what
// time it is, or what happens to the file.
//
// A document is JSON with two members (vendor documentation "PostObject",
// appendix "Post Policy"):
//
//	{"expiration": "2026-11-24T12:00:00.000Z",
//	 "conditions": [
//	   {"bucket": "photos"},                         exactly this value
//	   ["eq", "$success_action_status", "201"],      likewise
//	   ["starts-with", "$key", "user/eric/"],        "" admits any value
//	   ["in", "$content-type", ["image/png", …]],    one of these
//	   ["not-in", "$cache-control", ["no-cache"]],   none of these
//	   ["content-length-range", 1, 10485760]]}       bytes of the file, inclusive
//
// Every condition must hold, and none holds for a field that the form lacks.
// Fields without a condition are free.
package formpolicy

import (
	"math"
	"time"
)

// Policy is a parsed document.
type Policy struct {
	Expiration time.Time // last instant at which the form may be used

	conditions []condition
	size       Range
}

// Range bounds the size of the file in bytes, both ends included.
type Range struct{ Min, Max int64 }

// anySize is the range of a policy that names none.
var anySize = Range{0, math.MaxInt64}

// Error is a refusal in the words of OSS: Code is InvalidPolicyDocument (status
// 400) for a document that cannot be read, AccessDenied (403) for a form that
// the document does not admit.
type Error struct{ Code, Message, EC string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Size is what the document allows the file: the intersection of its
// content-length-range conditions.
func (p *Policy) Size() Range { return p.size }

// CheckTime refuses a form whose policy has expired. The error is an *Error.
func (p *Policy) CheckTime(now time.Time) error {
	if now.After(p.Expiration) {
		return refuse("0006-00000213", "Policy expired.")
	}
	return nil
}

// Check refuses a form that does not fulfil the conditions, naming the first
// that fails. value returns what the form has under a name, which is given in
// lower case: names do not depend on case. Two names mean more than a field:
// "bucket" is the bucket that the form is sent to, and "content-type" the type
// that the object would get, wherever it comes from. The error is an *Error.
func (p *Policy) Check(value func(name string) (string, bool)) error {
	for i := range p.conditions {
		c := &p.conditions[i]
		if v, ok := value(c.name); !ok || !c.holds(v) {
			return c.refusal()
		}
	}
	return nil
}

// CheckExclusions holds a further value of a field against the not-in conditions
// on it. It serves the key, which conditions see before ${filename} is replaced
// in it: what may not be written must not be reachable through a file's name.
func (p *Policy) CheckExclusions(name, value string) error {
	for i := range p.conditions {
		if c := &p.conditions[i]; c.operator == notIn && c.name == name && !c.holds(value) {
			return c.refusal()
		}
	}
	return nil
}

func refuse(ec, detail string) *Error {
	return &Error{Code: "AccessDenied", Message: "Invalid according to Policy: " + detail, EC: ec}
}
