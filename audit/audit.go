// Package audit keeps one record of every request: who asked for what, on which
// object, and how it was decided. It neither decides anything nor knows how the
// protocols speak; they hand it finished records.
package audit

import (
	"time"

	"ossd/access/policy"
)

// Record is one request. Empty fields are left out of the log. It never holds
// a secret, a token or a signature.
type Record struct {
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId"`
	API       string    `json:"api"` // "oss", "sts", "ram"
	Operation string    `json:"operation,omitempty"`

	Principal   string `json:"principal,omitempty"` // ARN; empty: anonymous
	AccessKeyID string `json:"accessKeyId,omitempty"`
	// SourceIdentity is whom a role session began with, by its own word; Subject
	// whom an identity provider vouched for.
	SourceIdentity string `json:"sourceIdentity,omitempty"`
	Subject        string `json:"subject,omitempty"`
	Scheme         string `json:"scheme,omitempty"` // how the request was signed

	Bucket   string `json:"bucket,omitempty"`
	Key      string `json:"key,omitempty"`
	Version  string `json:"version,omitempty"`  // of the object, where the request names one
	Source   string `json:"source,omitempty"`   // BUCKET/KEY that was copied
	Resource string `json:"resource,omitempty"` // ARN, where there is no bucket

	// Keys are those of a deletion of many, as many as fit in MaxKeys bytes; KeyCount is of all.
	Keys     []string `json:"keys,omitempty"`
	KeyCount int      `json:"keyCount,omitempty"`

	Decision   string   `json:"decision,omitempty"`   // "allow" or "deny"; empty: the request did not get so far
	Reason     string   `json:"reason,omitempty"`     // policy.Reason
	Statements []string `json:"statements,omitempty"` // "POLICY#INDEX" of the statements that decided

	Status int    `json:"status"`
	Code   string `json:"code,omitempty"` // error code in the answer
	EC     string `json:"ec,omitempty"`

	SourceIP  string        `json:"sourceIp,omitempty"`
	UserAgent string        `json:"userAgent,omitempty"`
	TLS       bool          `json:"tls,omitempty"`
	BytesIn   int64         `json:"bytesIn,omitempty"`
	BytesOut  int64         `json:"bytesOut,omitempty"`
	Duration  time.Duration `json:"durationNs"`

	// Err is the cause of an internal error, or of an identity provider's failure, for the operator.
	Err string `json:"error,omitempty"`
}

// MaxKeys bounds Record.Keys, in bytes.
const MaxKeys = 8 << 10

// AddKeys fills in the keys of a deletion of many.
func (r *Record) AddKeys(keys []string) {
	r.KeyCount = len(keys)
	room := MaxKeys
	for _, k := range keys {
		if room -= len(k); room < 0 {
			return
		}
		r.Keys = append(r.Keys, k)
	}
}

// Decide fills in how the request was decided; nil: nobody was asked.
func (r *Record) Decide(d *policy.Decision) {
	if d == nil {
		return
	}
	r.Decision, r.Reason, r.Statements = "deny", string(d.Reason), d.Statements()
	if d.Allowed {
		r.Decision = "allow"
	}
}

// Sink takes records. Implementations must not block for long and must be safe
// for concurrent use.
type Sink interface {
	Record(Record)
}
