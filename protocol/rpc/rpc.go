// Package rpc is the RPC style of Alibaba Cloud, which STS and RAM share: flat
// parameters in a query or a form, two signatures (V1, and ACS3, which names
// action and version in headers), a table of actions, answers in JSON or XML. It
// knows no action and no rule of its own: what an action needs it declares, and
// what it does is the business of the package below.
//
// Facts are from the vendor's pages "V2 RPC request structure and signature",
// "V3 request structure and signature", "Common error codes" and from what the
// official SDKs send and parse.
package rpc

import (
	"net/http"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/signature"
)

// Config is what a Handler works with.
type Config struct {
	Directory *access.Directory
	Actions   []Action

	// Audit receives one Outcome per request, after the answer was written.
	Audit func(Outcome)

	// Since refuses requests that were signed before it. Nonces are forgotten
	// when the process ends; with the time of its start, what was sent to the
	// one before cannot be replayed, unless it was dated ahead of the clock.
	// Zero: nothing is refused.
	Since time.Time

	Now       func() time.Time // nil: time.Now
	RequestID func() string    // nil: a random UUID, as clients expect it
}

// Outcome is what the audit learns about one request. It holds no secret, no
// token, no signature and no parameter but the resources that they name.
type Outcome struct {
	Time        time.Time
	Duration    time.Duration
	RequestID   string
	Product     string // "Ram", "Sts"; empty if there is no such action
	Action      string // as claimed: anything, unless Product is set
	Principal   policy.Principal
	Scheme      signature.Scheme // empty if the request could not be read
	AccessKeyID string           // as claimed: believe it only if Principal is set
	SourceIP    string
	UserAgent   string
	TLS         bool
	BytesIn     int64 // of the body
	BytesOut    int64
	Resource    string           // resource names, separated by a space
	Decision    *policy.Decision // nil: nobody was asked
	Status      int
	Code        string // error code; empty on success
	Err         error  // cause of a failure that the client is not at fault for; for the log, no client sees it
}

// Handler serves the actions of cfg. Two actions of one name and version are a
// mistake of the program and panic.
func Handler(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.RequestID == nil {
		cfg.RequestID = newRequestID
	}
	if cfg.Audit == nil {
		cfg.Audit = func(Outcome) {}
	}
	return &handler{Config: cfg, table: newTable(cfg.Actions), nonces: newNonces()}
}

// Recognizes tells whether a request on a listener shared with OSS is in RPC
// style. It leaves the body alone: a form posted to the root is RPC, since OSS
// takes forms only as multipart/form-data.
func Recognizes(r *http.Request) bool {
	if r.URL.Path != "/" && r.URL.Path != "" {
		return false
	}
	if r.Header.Get("x-acs-action") != "" || r.URL.Query().Has("Action") {
		return true
	}
	return r.Method == http.MethodPost && isForm(r)
}

func isForm(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded")
}
