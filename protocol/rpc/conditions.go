package rpc

import (
	"time"

	"ossd/access/policy"
)

func (x *exchange) conditions(now time.Time) policy.Context {
	return conditions{
		sourceIP:    x.SourceIP,
		secure:      x.r.TLS != nil,
		now:         now,
		userAgent:   x.r.UserAgent(),
		accessKeyID: x.AccessKeyID,
	}
}

// conditions are the global condition keys, as far as a request without a VPC
// and without a console session has them.
type conditions struct {
	sourceIP    string
	secure      bool
	now         time.Time
	userAgent   string
	accessKeyID string
}

func (c conditions) Value(key string) (string, bool) {
	switch key {
	case "acs:sourceip":
		return c.sourceIP, true
	case "acs:securetransport":
		if c.secure {
			return "true", true
		}
		return "false", true
	case "acs:currenttime":
		return c.now.UTC().Format(time.RFC3339), true
	case "acs:useragent":
		return c.userAgent, c.userAgent != ""
	case "acs:accessid":
		return c.accessKeyID, true
	case "acs:mfapresent":
		return "false", true // an access key never has a second factor
	}
	return "", false
}
