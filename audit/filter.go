package audit

import (
	"strings"
	"time"
)

// Filter says which records are wanted: those that fit every field that is set.
type Filter struct {
	Since, Until time.Time // from Since on, before Until
	API          string    // "oss", "sts", "ram"
	Operation    string    // in any case
	Principal    string    // a part of the ARN, in any case; "anonymous"
	AccessKeyID  string
	Bucket       string
	KeyPrefix    string
	SourceIP     string
	RequestID    string
	Decision     string // "allow" or "deny"
	Code         string // error code
	Status       int
	Failed       bool // status 400 and above
}

func (f *Filter) wants(r *Record) bool {
	same := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	return (f.Since.IsZero() || !r.Time.Before(f.Since)) &&
		(f.Until.IsZero() || r.Time.Before(f.Until)) &&
		same(f.API, r.API) && same(f.Operation, r.Operation) && same(f.Code, r.Code) &&
		same(f.Decision, r.Decision) && same(f.RequestID, r.RequestID) &&
		(f.AccessKeyID == "" || f.AccessKeyID == r.AccessKeyID) &&
		(f.Bucket == "" || f.Bucket == r.Bucket) &&
		strings.HasPrefix(r.Key, f.KeyPrefix) &&
		(f.SourceIP == "" || f.SourceIP == r.SourceIP) &&
		(f.Status == 0 || f.Status == r.Status) &&
		(!f.Failed || r.Status >= 400) &&
		f.wantsPrincipal(r.Principal)
}

func (f *Filter) wantsPrincipal(arn string) bool {
	if strings.EqualFold(f.Principal, "anonymous") {
		return arn == ""
	}
	return strings.Contains(strings.ToLower(arn), strings.ToLower(f.Principal))
}
