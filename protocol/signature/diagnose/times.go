package diagnose

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ossd/protocol/signature"
)

// checkScope looks at what V4 says it was signed for.
func (d *Diagnosis) checkScope(c *signature.Claim, in Input) {
	if in.Region == "" {
		return
	}
	if err := c.CheckScope(in.Region); err != nil {
		d.refuse(err)
		if in.Region != "*" && c.Region != in.Region {
			d.add(Cause{ID: "region", Sentence: fmt.Sprintf("It was signed for the region %s; this server is %s.", c.Region, in.Region),
				Expected: in.Region, Signed: c.Region})
			return
		}
		d.add(Cause{ID: "product", Sentence: fmt.Sprintf("It was signed for the product %q; it must be oss.", c.Product), Expected: "oss", Signed: c.Product})
	}
}

// checkTimes tells which clock or which end is the trouble.
func (d *Diagnosis) checkTimes(c *signature.Claim, in Input) {
	if err := c.CheckTime(in.Now); err != nil {
		d.refuse(err)
		d.add(causeOfTime(c, in.Now))
	}
	if !in.TokenExpires.IsZero() && !in.Now.Before(in.TokenExpires) {
		d.refuse(signature.TokenExpired(in.TokenExpires, in.Now))
		sentence := fmt.Sprintf("The security token ended at %s.", stamp(in.TokenExpires))
		if in.Now.Before(c.Expires) {
			sentence += fmt.Sprintf(" The URL by itself would last until %s, but no longer than the token under it.", stamp(c.Expires))
		}
		d.add(Cause{ID: "token-expired", Sentence: sentence})
	}
	if strings.HasPrefix(c.AccessKeyID, temporaryPrefix) && c.SecurityToken == "" {
		d.refuse(signature.TokenMissing(c.AccessKeyID))
		d.add(Cause{ID: "token-missing", Sentence: "The access key is a temporary one, and its security token is missing."})
	}
}

func causeOfTime(c *signature.Claim, now time.Time) Cause {
	switch {
	case c.Expires.IsZero():
	case now.After(c.Expires) && c.Expires.Before(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)):
		return Cause{ID: "expires-relative", Sentence: fmt.Sprintf("Expires is %s, a number of seconds from now; it must be the Unix time of the end.", c.Details().Timestamp)}
	case now.After(c.Expires):
		return Cause{ID: "url-expired", Sentence: fmt.Sprintf("The URL ended at %s, %s ago.", stamp(c.Expires), now.Sub(c.Expires).Round(time.Second))}
	}
	skew := c.SignedAt.Sub(now)
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	off := Cause{Sentence: fmt.Sprintf("It was signed at %s, %s %s the server's time, %s; 15 minutes are let pass.",
		stamp(c.SignedAt), skew.Abs().Round(time.Second), direction, stamp(now))}
	off.ID = "clock"
	if zone := skew.Round(step); zone != 0 && zone.Abs() <= 14*time.Hour && (skew-zone).Abs() <= 3*time.Minute {
		off.ID = "local-time"
		off.Sentence += " That is as far as local time is from UTC: the time must be given in UTC."
	}
	return off
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// temporaryPrefix begins the IDs of temporary access keys.
const temporaryPrefix = "STS."

// malformed explains refusals of credentials that say what is wrong with them only
// to those who know the rules.
func malformed(r *signature.Request) (causes []Cause) {
	if signature.SchemeOf(r) != "v4-url" && signature.SchemeOf(r) != "v4-header" {
		return nil
	}
	credential, date := credentialOf(r)
	parts := strings.Split(credential, "/")
	if len(parts) == 5 && len(parts[1]) == 8 && len(date) >= 8 && isDigits(date[:8]) && parts[1] != date[:8] {
		causes = append(causes, Cause{ID: "scope-day", Expected: date[:8], Signed: parts[1],
			Sentence: fmt.Sprintf("The credential is of the day %s, but x-oss-date says %s; both must be the day in UTC.", parts[1], date[:8])})
	}
	if seconds, err := strconv.ParseInt(r.Query.Get("x-oss-expires"), 10, 64); err == nil && seconds > 1e9 {
		causes = append(causes, Cause{ID: "expires-absolute", Sentence: "x-oss-expires is a Unix time; in V4 it is the number of seconds after x-oss-date, at most 604800."})
	}
	return causes
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// credentialOf returns the credential and the date that a V4 request claims.
func credentialOf(r *signature.Request) (credential, date string) {
	if credential, ok := r.Query.Lookup("x-oss-credential"); ok {
		return credential, r.Query.Get("x-oss-date")
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(rest, ",")
	return credential, r.Header.Get("x-oss-date")
}
