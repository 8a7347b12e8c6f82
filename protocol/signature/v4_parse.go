package signature

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	productOSS      = "oss"
	productCloudBox = "oss-cloudbox" // its region is the ID of a cloud box
)

// maxLifetime bounds x-oss-expires, in seconds: seven days.
const maxLifetime = 7 * 24 * 60 * 60

// ecV4 are the ECs of one mistake in the header and in the URL.
type ecV4 struct{ characters, date, format string }

// parseV4Header reads "OSS4-HMAC-SHA256 Credential=…[,AdditionalHeaders=…],Signature=…".
// The items come in any order, with or without spaces after the commas.
func parseV4Header(r *Request) (*Claim, error) {
	authorization := r.Header["Authorization"][0]
	c := &Claim{evidence: Field{"Authorization", authorization}}
	credential, additional, signature, err := c.splitV4(strings.TrimPrefix(authorization, algorithmV4+" "))
	if err != nil {
		return nil, err
	}
	if err := c.setCredentialV4(credential, ecV4{"0002-00000206", "0002-00000212", "0002-00000213"}); err != nil {
		return nil, err
	}
	if additional != nil {
		if err := c.setAdditional(r, *additional, "0002-00000209", "0002-00000210", "0002-00000211"); err != nil {
			return nil, err
		}
	}
	if payload, _ := ossHeaderValue(r.Header, headerPayload); payload != unsignedPayload {
		return nil, errPayload(payload)
	}
	if c.SecurityToken, err = tokenOfHeader(r, false); err != nil {
		return nil, err
	}
	if err := c.readDate(r); err != nil {
		return nil, err
	}
	if !sameDay(c.day, c.SignedAt) {
		return nil, invalid("0002-00000212", "Invalid signing date in Authorization header.", c.evidence)
	}
	c.setHex(signature)
	return c, nil
}

// splitV4 tells the items of the Authorization header apart; additional is nil
// when it is absent, which is not the same as empty.
func (c *Claim) splitV4(text string) (credential string, additional *string, signature string, err error) {
	const ec = "0002-00000202"
	if items := strings.Count(text, ",") + 1; items < 2 || items > 3 {
		return "", nil, "", invalid(ec, "bad num of Items", c.evidence)
	}
	var found [3]bool
	var values [3]string
	for item := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(trim(item), "=")
		i := slices.Index([]string{"Credential", "AdditionalHeaders", "Signature"}, name)
		if i < 0 || found[i] {
			return "", nil, "", invalid(ec, "Unknown parameter in Authorization header.", c.evidence)
		}
		found[i], values[i] = true, value
	}
	if values[0] == "" || values[2] == "" {
		return "", nil, "", invalid(ec, "AccessKeyId or Signature is missing in Authorization header value.", c.evidence)
	}
	if found[1] {
		additional = &values[1]
	}
	return values[0], additional, values[2], nil
}

func parseV4URL(r *Request) (*Claim, error) {
	values, err := parametersV4(r.Query)
	if err != nil {
		return nil, err
	}
	expires, credential, signature := values[0], values[1], values[2]
	c := &Claim{evidence: Field{paramCredential, credential}}
	if err := c.setCredentialV4(credential, ecV4{"0002-00000222", "0002-00000223", "0002-00000224"}); err != nil {
		return nil, err
	}
	if additional, ok := r.Query.Lookup(paramAdditional); ok {
		if err := c.setAdditional(r, additional, "0002-00000076", "0002-00000077", "0002-00000078"); err != nil {
			return nil, err
		}
	}
	if payload, ok := ossHeaderValue(r.Header, headerPayload); ok && payload != unsignedPayload {
		return nil, errPayload(payload)
	}
	if c.SecurityToken, err = tokenOfURL(r, paramToken); err != nil {
		return nil, err
	}
	if c.source, err = boundSource(r); err != nil {
		return nil, err
	}
	if err := c.setWindowV4(r.Query, expires); err != nil {
		return nil, err
	}
	c.setHex(signature)
	return c, nil
}

// parametersV4 returns x-oss-expires, x-oss-credential and x-oss-signature.
func parametersV4(q Query) (values [3]string, err error) {
	for i, p := range [...]struct {
		name           string
		missing, empty string
	}{
		{paramExpires, "0002-00000215", "0002-00000216"},
		{paramCredential, "0002-00000217", "0002-00000218"},
		{paramSignature, "0002-00000219", "0002-00000220"},
	} {
		value, ok := q.Lookup(p.name)
		if !ok {
			return values, invalid(p.missing, "The URL lacks "+p.name+".")
		}
		if value == "" {
			return values, invalid(p.empty, p.name+" value is empty.")
		}
		values[i] = value
	}
	return values, nil
}

// setWindowV4 reads x-oss-date and x-oss-expires, which is a number of seconds
// after that date (some pages of the vendor call it a Unix time; no SDK does).
func (c *Claim) setWindowV4(q Query, expires string) error {
	text, ok := q.Lookup(paramDate)
	if !ok {
		return errNoDate("0002-00000503")
	}
	if c.SignedAt, ok = parseDate(text); !ok {
		return errNoDate("0002-00000505")
	}
	c.date = text
	if !sameDay(c.day, c.SignedAt) {
		return invalid("0002-00000223", "Invalid signing date in x-oss-credential.", argument(paramDate, text)...)
	}
	seconds, err := strconv.ParseUint(expires, 10, 32)
	if err != nil || seconds < 1 || seconds > maxLifetime {
		return invalid("0002-00000232", "x-oss-expires must be between 1 and 604800 seconds.", argument(paramExpires, expires)...)
	}
	c.Expires = c.SignedAt.Add(time.Duration(seconds) * time.Second)
	return nil
}

// setCredentialV4 reads "AccessKeyId/YYYYMMDD/region/product/aliyun_v4_request".
func (c *Claim) setCredentialV4(credential string, ec ecV4) error {
	var parts [5]string
	n := 0
	for part := range strings.SplitSeq(credential, "/") {
		if n < len(parts) {
			parts[n] = part
		}
		n++
	}
	if n != len(parts) || parts[0] == "" || parts[4] != terminatorV4 || !isRegion(parts[2]) {
		return invalid(ec.format, "The credential must be AccessKeyId/YYYYMMDD/region/product/"+terminatorV4+".", c.evidence)
	}
	if !isAccessKeyID(parts[0]) {
		return errAccessKeyID(ec.characters, parts[0])
	}
	if !isDay(parts[1]) {
		return invalid(ec.date, "Invalid signing date in the credential.", c.evidence)
	}
	c.AccessKeyID, c.day, c.Region, c.Product = parts[0], parts[1], parts[2], parts[3]
	return nil
}

// setAdditional reads the names of additional headers. Clients need not sort them.
func (c *Claim) setAdditional(r *Request, list, ecEmpty, ecElement, ecAbsent string) error {
	if list == "" {
		return invalid(ecEmpty, "AdditionalHeaders value is empty.", c.evidence)
	}
	names := strings.Split(strings.ToLower(list), ";")
	for _, name := range names {
		if name == "" {
			return invalid(ecElement, "AdditionalHeaders has an empty element.", c.evidence)
		}
		if strings.Contains(name, "_") || !r.carries(name) {
			return invalid(ecAbsent, "AdditionalHeaders names a header that the request does not carry.", c.evidence)
		}
	}
	slices.Sort(names)
	c.additional = slices.Compact(names)
	return nil
}

// carries reports whether the request has the header; name is lower case.
func (r *Request) carries(name string) bool {
	if name == "host" {
		return r.Host != ""
	}
	return len(r.Header[http.CanonicalHeaderKey(name)]) > 0
}

// setHex keeps the signature; see setBase64. Upper-case digits are no spelling
// of it: a signature has exactly one.
func (c *Claim) setHex(signature string) {
	c.signature = signature
	if len(signature) != 2*len(c.mac) {
		return
	}
	for i := range c.mac {
		high, low := hexDigit(signature[2*i]), hexDigit(signature[2*i+1])
		if high > 15 || low > 15 {
			return
		}
		c.mac[i] = high<<4 | low
	}
	if strings.ToLower(signature) == signature {
		c.macSize = len(c.mac)
	}
}

// isRegion admits region and cloud box IDs.
func isRegion(region string) bool {
	for i := range len(region) {
		if c := region[i]; c == '~' || !unreserved[c] {
			return false
		}
	}
	return region != ""
}

func errPayload(payload string) *Error {
	return invalid("0002-00000214", "x-oss-content-sha256 must be "+unsignedPayload+".", argument("x-oss-content-sha256", payload)...)
}

// CheckScope refuses a V4 signature for another region or product; region "*"
// accepts any region. V1 signatures have no scope.
func (c *Claim) CheckScope(region string) error {
	switch {
	case c.day == "":
		return nil
	case c.Product != productOSS && c.Product != productCloudBox:
		return invalid("0002-00000227", "Invalid signing product in Authorization header.", c.evidence)
	case region != "*" && c.Region != region:
		return invalid("0002-00000226", "Invalid signing region in Authorization header.", c.evidence)
	}
	return nil
}
