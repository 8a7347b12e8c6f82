package policy

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// naiveConditions: all operators and all keys must be met. Where the request has
// something that cannot be compared, and nothing else fails, a Deny applies and
// an Allow does not.
func naiveConditions(statement map[string]any, context map[string]string) bool {
	operators, _ := statement["Condition"].(map[string]any)
	met, unsure := true, false
	for operator, keys := range operators {
		for key, values := range keys.(map[string]any) {
			holds, readable := naiveCondition(operator, key, texts(values), context)
			met = met && (holds || !readable)
			unsure = unsure || !readable
		}
	}
	return met && (!unsure || statement["Effect"] == "Deny")
}

// naiveNegated are the operators that are true where none of the values meets
// what the other operator asks for, and where the request has no such key.
var naiveNegated = map[string]string{
	"StringNotEquals":           "StringEquals",
	"StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
	"StringNotLike":             "StringLike",
	"NumericNotEquals":          "NumericEquals",
	"DateNotEquals":             "DateEquals",
	"NotIpAddress":              "IpAddress",
	"NotIpAddressIncludeBorder": "IpAddressIncludeBorder",
}

func naiveCondition(operator, key string, values []string, context map[string]string) (holds, readable bool) {
	positive, negated := naiveNegated[operator]
	if negated {
		operator = positive
	}
	have, ok := naiveValue(key, context)
	if !ok {
		return negated, true
	}
	any := false
	for _, want := range values {
		holds, readable := naiveMeets(operator, key, have, want)
		if !readable {
			return false, false
		}
		any = any || holds
	}
	return any != negated, true
}

// naiveValue: keys are compared whatever their case, but for the key of a tag.
func naiveValue(key string, context map[string]string) (string, bool) {
	name, tag, _ := strings.Cut(key, "/")
	for k, v := range context {
		n, t, _ := strings.Cut(k, "/")
		if folded(n) == folded(name) && t == tag {
			return v, true
		}
	}
	return "", false
}

func naiveMeets(operator, key, have, want string) (holds, readable bool) {
	switch {
	case operator == "StringEquals":
		return have == want, true
	case operator == "StringEqualsIgnoreCase":
		return strings.EqualFold(have, want), true
	case operator == "StringLike":
		return naiveWildcard(want, have), true
	case operator == "Bool":
		h, ok := naiveBool(key, have)
		w, _ := naiveBool(key, want)
		return h == w, ok
	case strings.HasPrefix(operator, "IpAddress"):
		return naiveAddress(have, want)
	case strings.HasPrefix(operator, "Numeric"):
		sign, ok := naiveNumbers(have, want)
		return naiveOrder(strings.TrimPrefix(operator, "Numeric"), sign), ok
	}
	h, ok := naiveDate(have)
	w, _ := naiveDate(want)
	return naiveOrder(strings.TrimPrefix(operator, "Date"), h.Compare(w)), ok
}

func naiveOrder(name string, sign int) bool {
	return slices.Contains(map[string][]int{
		"Equals": {0}, "LessThan": {-1}, "LessThanEquals": {-1, 0}, "GreaterThan": {1}, "GreaterThanEquals": {0, 1},
	}[name], sign)
}

// naiveBool: OSS used to write acs:SecureTransport as HTTP and HTTPS.
func naiveBool(key, text string) (value, ok bool) {
	text = strings.ToLower(text)
	if folded(key) == "acs:securetransport" {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "https", "true"), "http", "false")
	}
	return text == "true", text == "true" || text == "false"
}

var naiveNumber = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

// naiveNumbers compares whole numbers exactly, as ids are longer than a float.
func naiveNumbers(a, b string) (sign int, ok bool) {
	if !naiveNumber.MatchString(a) {
		return 0, false
	}
	i, err := strconv.ParseInt(a, 10, 64)
	j, err2 := strconv.ParseInt(b, 10, 64)
	if err == nil && err2 == nil {
		return sign3(i < j, i > j), true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return sign3(x < y, x > y), err == nil
}

func sign3(less, greater bool) int {
	switch {
	case less:
		return -1
	case greater:
		return 1
	}
	return 0
}

// naiveDate reads the forms of ISO 8601 that policies have; without an offset
// they mean UTC.
func naiveDate(text string) (time.Time, bool) {
	for _, form := range []string{
		"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
	} {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// naiveAddress: an address, a block of them, or a text with stars.
func naiveAddress(have, want string) (holds, readable bool) {
	have, _, _ = strings.Cut(have, "%")
	address := net.ParseIP(have)
	if address == nil {
		return false, false
	}
	if strings.Contains(want, "*") {
		return naiveWildcard(strings.ToLower(want), address.String()), true
	}
	if _, block, err := net.ParseCIDR(want); err == nil {
		return block.Contains(address), true
	}
	want, _, _ = strings.Cut(want, "%")
	return address.Equal(net.ParseIP(want)), true
}
