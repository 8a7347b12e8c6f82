package sts

import (
	"errors"
	"testing"

	"ossd/access"
)

// The rows of the table that no transcript reaches.
func TestRefuse(t *testing.T) {
	broken := errors.New("disk full at /data")
	for _, c := range []struct {
		err           error
		status        int
		code, message string
		cause         bool
	}{
		{&access.Error{Kind: access.LimitExceeded, Entity: "Session"}, 400, "LimitExceeded.Session", "The session comes from too many roles in turn.", false},
		{broken, 500, "InternalError", "STS Server Internal Error happened, please send the RequestId to us.", true},
		{&access.Error{Kind: access.InvalidChars, Parameter: "Unheard"}, 500, "InternalError", "STS Server Internal Error happened, please send the RequestId to us.", true},
	} {
		e := refuse(c.err)
		if e.Status != c.status || e.Code != c.code || e.Message != c.message || (e.Err != nil) != c.cause {
			t.Errorf("%v: got %d %s %q (%v), want %d %s %q", c.err, e.Status, e.Code, e.Message, e.Err, c.status, c.code, c.message)
		}
	}
}
