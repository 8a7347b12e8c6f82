package signature

import "time"

// maxSkew is how far the time of a signature may be from the server's, either way.
const maxSkew = 15 * time.Minute

// CheckTime refuses what was signed too long ago, or too far ahead, and URLs
// outside their window. It comes before Verify: an expired URL with a wrong
// signature is reported as expired.
func (c *Claim) CheckTime(now time.Time) error {
	return schemeNamed(c.Scheme).checkTime(c, now)
}

func checkSkew(c *Claim, now time.Time) error {
	if skew := now.Sub(c.SignedAt); skew <= maxSkew && skew >= -maxSkew {
		return nil
	}
	return &Error{
		Code:    "RequestTimeTooSkewed",
		Message: "The difference between the request time and the current time is too large.",
		EC:      "0002-00000504",
		Fields: []Field{
			{"MaxAllowedSkewMilliseconds", "900000"},
			{"RequestTime", formatTime(c.SignedAt)},
			{"ServerTime", formatTime(now)},
		},
	}
}

// checkEnd serves URLs that say when they end, but not when they began.
func checkEnd(c *Claim, now time.Time) error {
	if now.After(c.Expires) {
		return errExpired("0002-00000069", c, now)
	}
	return nil
}

func checkV4Window(c *Claim, now time.Time) error {
	switch {
	case now.Before(c.SignedAt.Add(-maxSkew)):
		return errExpired("0002-00000235", c, now)
	case now.After(c.Expires):
		return errExpired("0002-00000236", c, now)
	}
	return nil
}

// checkFormWindow: a V4 form is valid for seven days from its x-oss-date, whatever
// its policy says.
func checkFormWindow(c *Claim, now time.Time) error {
	if now.Before(c.SignedAt.Add(-maxSkew)) || now.After(c.Expires) {
		return errExpired("0002-00000709", c, now)
	}
	return nil
}

// checkNothing serves forms of V1 and V2: only the policy limits their time.
func checkNothing(*Claim, time.Time) error { return nil }

func errExpired(ec string, c *Claim, now time.Time) *Error {
	return denied(ec, "Request has expired.", Field{"Expires", formatTime(c.Expires)}, Field{"ServerTime", formatTime(now)})
}

// errNoDate refuses a header signature whose time cannot be told.
func errNoDate(ec string) *Error {
	return denied(ec, "OSS authentication requires a valid Date.")
}
