// Package signature proves who signed a request, and signs requests: OSS V1, V2
// and V4 (header, URL and form) and the RPC style of STS and RAM (V1 and ACS3).
// It is pure: no I/O, no clock and no store. It does not know who a key belongs
// to or what anyone may do.
//
// The order is always Parse → Claim → check scope and time → look the key up →
// Verify. Until Verify succeeded, nothing in a Claim may be believed.
//
// Everything is decoded first and encoded again for the canonical form, never
// taken over in the client's spelling, and Verify answers with the very resource
// that was signed. What a signature covers is therefore what an operation sees.
package signature

import (
	"hash"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Scheme is a way of signing.
type Scheme string

const (
	V1Header Scheme = "v1-header"
	V1URL    Scheme = "v1-url"
	V1Form   Scheme = "v1-post"
	V2Header Scheme = "v2-header"
	V2URL    Scheme = "v2-url"
	V2Form   Scheme = "v2-post"
	V4Header Scheme = "v4-header"
	V4URL    Scheme = "v4-url"
	V4Form   Scheme = "v4-post"
)

// Version is "v1", "v2" or "v4": what an operator switches on and off.
func (s Scheme) Version() string {
	version, _, _ := strings.Cut(string(s), "-")
	return version
}

// Request is what an OSS signature can cover, exactly as it came over the wire.
type Request struct {
	Method string
	Host   string // Host header, port included
	Path   string // escaped, up to '?', without scheme and authority
	Query  Query
	Header http.Header // without Host; names in the canonical form of net/http

	// Peer is the client's address. It is needed only for URLs that are bound
	// to a network (x-oss-ac-subnet-mask); without it those are refused.
	Peer netip.Addr
}

// NewRequest takes a request apart. target is the request target as sent, in
// origin form or, as through a proxy, in absolute form. The error is an *Error.
func NewRequest(method, host, target string, header http.Header) (*Request, error) {
	path, raw, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(path, "/") {
		if _, rest, ok := strings.Cut(path, "://"); ok {
			_, path, _ = strings.Cut(rest, "/")
			path = "/" + path
		}
	}
	query, err := ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	return &Request{Method: method, Host: host, Path: path, Query: query, Header: header}, nil
}

// Resource is the bucket and object key that a request addresses, decoded.
// Both are empty for the service itself, Key alone for a bucket.
type Resource struct {
	Bucket, Key string

	bare bool // sign "/bucket" instead of "/bucket/" (deliberate concession)
}

// Claim is what a request says about its signer, before proof.
type Claim struct {
	Scheme        Scheme
	AccessKeyID   string
	SecurityToken string    // "" for permanent keys
	SignedAt      time.Time // zero for URLs of V1 and V2 and for their forms, which carry none
	Expires       time.Time // last instant at which a URL or V4 form is valid; zero for all else
	Region        string    // V4
	Product       string    // V4

	signature  string   // as provided
	mac        [32]byte // signature decoded
	macSize    int      // 0 when the signature is not the strict encoding of a MAC
	date       string   // the line of the string to sign that tells the time, verbatim
	day        string   // V4: date of the credential, YYYYMMDD
	additional []string // V2, V4: names of the additional headers, lower case, sorted, unique
	evidence   Field    // what an error about the credential echoes
	source     string   // masked address of the client, for URLs bound to a network
}

// carrier is where a signature travels.
type carrier uint8

const (
	inHeader carrier = iota
	inURL
	inForm
)

// scheme is what one way of signing consists of. A further one is one more file
// that fills this in, a line in schemeNamed and a line in recognise. Forms sign
// their policy and nothing else: they have no use for parse, canonical, forms,
// prepare and attach.
type scheme struct {
	carrier carrier
	parse   func(*Request) (*Claim, error)

	checkTime func(*Claim, time.Time) error

	// canonical leaves the string to sign in scratch.text and, where the scheme
	// has one, the canonical request in scratch.request.
	canonical func(*scratch, *Claim, *Request, Resource, form)
	// forms lists the deliberate concessions that this request could need.
	forms func(*Claim, *Request) []form

	newHash   func() hash.Hash
	deriveKey func(c *Claim, secret string) []byte
	encode    func(mac []byte) string

	// prepare puts all that the signature covers into request and claim;
	// attach then adds the signature.
	prepare func(r *Request, c *Claim, region string, now time.Time, lifetime time.Duration) error
	attach  func(r *Request, c *Claim, signature string)

	mismatch      string // EC of a signature that does not match
	mismatchBound string // the same when the URL is bound to a network
}

func schemeNamed(name Scheme) *scheme {
	switch name {
	case V1Header:
		return &v1Header
	case V1URL:
		return &v1URL
	case V1Form:
		return &v1Form
	case V2Header:
		return &v2Header
	case V2URL:
		return &v2URL
	case V2Form:
		return &v2Form
	case V4Header:
		return &v4Header
	case V4URL:
		return &v4URL
	case V4Form:
		return &v4Form
	}
	return nil
}

// form is a set of deliberate deviations from the strict canonical form. Each
// was seen in an official SDK, and none lets a request change its meaning.
type form uint8

const strict form = 0

const (
	emptyWithEquals    form = 1 << iota // V4, ali-oss: empty values are signed "name=", not "name"
	exceptSubresources                  // … except those of sub-resources
	hostWithoutPort                     // V2 and V4, the first Java SDK
	regionalParameters                  // V1: regions, vip and vpcip are signed too
	withoutToken                        // V1 URL, Android: security-token was added after signing
	dateOfHeader                        // V2 header, oss2: Date is signed in its line although x-oss-date, a header like others, counts
)
