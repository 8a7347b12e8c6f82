package formpolicy

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ECs of what can be wrong with a document. The vendor documents each on a page
// of its own (user-guide/0006-00000202 and so on).
const (
	ecBase64          = "0006-00000202"
	ecUTF8            = "0006-00000203"
	ecJSON            = "0006-00000204"
	ecNoConditions    = "0006-00000207"
	ecNoExpiration    = "0006-00000208"
	ecNeither         = "0006-00000209"
	ecExpirationType  = "0006-00000210"
	ecExpirationEmpty = "0006-00000211"
	ecExpiration      = "0006-00000212"
	ecConditions      = "0006-00000214"
	ecOperator        = "0006-00000216"
	ecLength          = "0006-00000218"
	ecRangeReversed   = "0006-00000219"
	ecRangeMax        = "0006-00000221"
	ecCondition       = "0006-00000222"
	ecRangeMin        = "0006-00000223"
	ecType            = "0006-00000224"
)

// errSimple is the service's text for a simple condition that is none, and for
// a document without any condition.
var errSimple = malformed("", "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")

// Parse reads the policy field of a form: base64 of a UTF-8 document. The error
// is an *Error.
func Parse(field string) (*Policy, error) {
	text, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		return nil, malformed(ecBase64, "Invalid JSON: the policy is not base64.")
	}
	if !utf8.Valid(text) {
		return nil, malformed(ecUTF8, "Invalid JSON: the policy is not UTF-8.")
	}
	return ParseDocument(text)
}

// ParseDocument reads a document that is not wrapped in base64.
func ParseDocument(text []byte) (*Policy, error) {
	text = unescapeDollar(text)
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, malformed(ecJSON, "Invalid JSON: "+err.Error())
	}
	if kind(raw) != '{' {
		return nil, malformed(ecJSON, "Invalid JSON: the policy must be an object.")
	}
	var expiration, conditions json.RawMessage
	for _, m := range members(raw) {
		switch {
		case m.name == "expiration" && expiration == nil:
			expiration = m.value
		case m.name == "conditions" && conditions == nil:
			conditions = m.value
		case m.name == "expiration", m.name == "conditions":
			return nil, malformed(ecJSON, "Invalid JSON: "+m.name+" is given twice.")
		}
	}
	switch {
	case expiration == nil && conditions == nil:
		return nil, malformed(ecNeither, "Policy missing expiration and conditions.")
	case expiration == nil:
		return nil, malformed(ecNoExpiration, "Policy missing expiration.")
	case conditions == nil:
		return nil, malformed(ecNoConditions, "Policy missing conditions.")
	}
	p := &Policy{size: anySize}
	if err := p.parseExpiration(expiration); err != nil {
		return nil, err
	}
	if err := p.parseConditions(conditions); err != nil {
		return nil, err
	}
	return p, nil
}

// parseExpiration reads ISO 8601 in UTC; a fraction of a second is optional.
func (p *Policy) parseExpiration(raw json.RawMessage) error {
	text, ok := str(raw)
	switch {
	case !ok:
		return malformed(ecExpirationType, "Invalid expiration: it must be a string.")
	case text == "":
		return malformed(ecExpirationEmpty, "Invalid expiration: it is empty.")
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", text) // Parse takes a fraction, too
	if err != nil {
		return malformed(ecExpiration, "Invalid expiration: it must be written as 2006-01-02T15:04:05.000Z.")
	}
	p.Expiration = at
	return nil
}

func (p *Policy) parseConditions(raw json.RawMessage) error {
	if kind(raw) != '[' {
		return malformed(ecConditions, "Invalid conditions: they must be a list.")
	}
	list := elements(raw)
	if len(list) == 0 {
		return errSimple
	}
	for _, one := range list {
		var err error
		switch kind(one) {
		case '{':
			err = p.parseSimple(members(one))
		case '[':
			err = p.parseList(elements(one))
		default:
			err = malformed(ecCondition, "Invalid Condition: a condition must be an object or a list.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseSimple reads {"name": "value"}.
func (p *Policy) parseSimple(m []member) error {
	if len(m) != 1 {
		return errSimple
	}
	value, ok := str(m[0].value)
	if !ok {
		return malformed(ecType, "Invalid Simple-Condition: the value must be a string.")
	}
	p.conditions = append(p.conditions, condition{equals, strings.ToLower(m[0].name), []string{value}})
	return nil
}

// parseList reads ["operator", "$name", …]. The "$" may be missing, as on some
// of the vendor's pages.
func (p *Policy) parseList(list []json.RawMessage) error {
	var op operator
	if len(list) > 0 {
		text, _ := str(list[0])
		op = operator(strings.ToLower(text))
	}
	switch op {
	case equals, startsWith, in, notIn, lengthRange:
	default:
		return malformed(ecOperator, "Invalid Condition: it must begin with eq, starts-with, in, not-in or content-length-range.")
	}
	if len(list) != 3 {
		return malformed(ecLength, "Invalid Condition: "+string(op)+" takes exactly two arguments.")
	}
	if op == lengthRange {
		return p.parseRange(list[1], list[2])
	}
	name, ok := str(list[1])
	if !ok {
		return malformed(ecType, "Invalid Condition: the name of a field must be a string.")
	}
	values, ok := valuesOf(op, list[2])
	if !ok {
		return malformed(ecType, "Invalid Condition: the value of "+string(op)+" has the wrong type.")
	}
	p.conditions = append(p.conditions, condition{op, strings.ToLower(strings.TrimPrefix(name, "$")), values})
	return nil
}

// valuesOf reads what a field is compared with: a list for in and not-in, else a string.
func valuesOf(op operator, raw json.RawMessage) ([]string, bool) {
	if op == in || op == notIn {
		return strs(raw)
	}
	value, ok := str(raw)
	return []string{value}, ok
}

func (p *Policy) parseRange(low, high json.RawMessage) error {
	least, ok := size(low)
	if !ok {
		return malformed(ecRangeMin, "Invalid Condition: the minimum of content-length-range must be an integer, and not negative.")
	}
	most, ok := size(high)
	if !ok {
		return malformed(ecRangeMax, "Invalid Condition: the maximum of content-length-range must be an integer, and not negative.")
	}
	if most < least {
		return malformed(ecRangeReversed, "Invalid Condition: the maximum of content-length-range is less than its minimum.")
	}
	p.size = Range{max(p.size.Min, least), min(p.size.Max, most)}
	return nil
}

// unescapeDollar replaces \$, which the service allows and JSON does not, by $.
func unescapeDollar(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\$`)) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if i++; text[i] != '$' {
				out = append(out, '\\')
			}
		}
		out = append(out, text[i])
	}
	return out
}

func malformed(ec, detail string) *Error {
	return &Error{Code: "InvalidPolicyDocument", Message: "Invalid Policy: " + detail, EC: ec}
}

// size reads a number of bytes: digits, without sign, fraction and exponent.
func size(raw json.RawMessage) (int64, bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil && n >= 0
}
