package signature

import (
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
	items, fault := splitItems(strings.TrimPrefix(authorization, algorithmV4+" "), "=", itemsV4)
	if fault == "" && (items[0].value == "" || items[2].value == "") {
		fault = itemMissing
	}
	if fault != "" {
		return nil, invalid("0002-00000202", fault, c.evidence)
	}
	if err := c.setCredentialV4(items[0].value, ecV4{"0002-00000206", "0002-00000212", "0002-00000213"}); err != nil {
		return nil, err
	}
	if items[1].present {
		if err := c.setAdditional(r, items[1].value, ecAdditional{"0002-00000209", "0002-00000210", "0002-00000211"}); err != nil {
			return nil, err
		}
	}
	if payload, _ := ossHeaderValue(r.Header, headerPayload); payload != unsignedPayload {
		return nil, errPayload(payload)
	}
	var err error
	if c.SecurityToken, err = tokenOfHeader(r, false); err != nil {
		return nil, err
	}
	if err := c.readDate(r); err != nil {
		return nil, err
	}
	if !sameDay(c.day, c.SignedAt) {
		return nil, invalid("0002-00000212", "Invalid signing date in Authorization header.", c.evidence)
	}
	c.setHex(items[2].value)
	return c, nil
}

var itemsV4 = [3]string{"Credential", "AdditionalHeaders", "Signature"}

func parseV4URL(r *Request) (*Claim, error) {
	values, err := requireParameters(r.Query, requiredV4)
	if err != nil {
		return nil, err
	}
	expires, credential, signature := values[0], values[1], values[2]
	c := &Claim{evidence: Field{paramCredential, credential}}
	if err := c.setCredentialV4(credential, ecV4{"0002-00000222", "0002-00000223", "0002-00000224"}); err != nil {
		return nil, err
	}
	if additional, ok := r.Query.Lookup(paramAdditional); ok {
		if err := c.setAdditional(r, additional, ecURLAdditional); err != nil {
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

var requiredV4 = [3]requirement{
	{paramExpires, "0002-00000215", "0002-00000216"},
	{paramCredential, "0002-00000217", "0002-00000218"},
	{paramSignature, "0002-00000219", "0002-00000220"},
}

// requirement is a parameter that a signed URL must have, and the ECs without it.
type requirement struct{ name, missing, empty string }

// requireParameters returns the values of what a URL of V2 or V4 must have.
func requireParameters(q Query, required [3]requirement) (values [3]string, err error) {
	for i, p := range required {
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
	if n == len(parts) && parts[2] == "" {
		return invalid(ec.format, "The signing region in credential is invalid.", c.evidence) // SDK suite oss2 test_sign_v4_no_region
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

// setHex keeps the signature; see setBase64.
func (c *Claim) setHex(signature string) {
	c.signature = signature
	if decodeHexMAC(&c.mac, signature) {
		c.macSize = len(c.mac)
	}
}

// decodeHexMAC reads the one spelling that a MAC has: 64 lower-case digits.
func decodeHexMAC(mac *[32]byte, text string) bool {
	if len(text) != 2*len(mac) {
		return false
	}
	for i := range mac {
		high, low := hexDigit(text[2*i]), hexDigit(text[2*i+1])
		if high > 15 || low > 15 {
			return false
		}
		mac[i] = high<<4 | low
	}
	return strings.ToLower(text) == text
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
// accepts any region. V1 and V2 signatures have no scope.
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
