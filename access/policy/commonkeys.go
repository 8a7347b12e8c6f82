package policy

import "time"

// CommonKeys are the condition keys that every API knows of a request (vendor
// documentation "Policy elements", global keys), as far as a server without
// VPCs and console sessions has them.
type CommonKeys struct {
	SourceIP        string // "": unknown
	SecureTransport bool
	Now             time.Time
	UserAgent       string
	AccessKeyID     string // "": anonymous
	SourceIdentity  string // of the caller's session; "": it has none
}

// Value implements Context.
func (k CommonKeys) Value(key string) (string, bool) {
	switch key {
	case "acs:sourceip":
		return k.SourceIP, k.SourceIP != ""
	case "acs:securetransport":
		if k.SecureTransport {
			return "true", true
		}
		return "false", true
	case "acs:currenttime":
		return k.Now.UTC().Format(time.RFC3339), true
	case "acs:useragent":
		return k.UserAgent, k.UserAgent != ""
	case "acs:accessid":
		return k.AccessKeyID, k.AccessKeyID != ""
	case "acs:sourceidentity":
		return k.SourceIdentity, k.SourceIdentity != ""
	case "acs:mfapresent":
		return "false", true // an access key never has a second factor
	}
	return "", false
}
