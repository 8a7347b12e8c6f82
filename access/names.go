package access

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Lengths of ids.
const (
	accountDigits = 16
	entityDigits  = 18
)

// Alphabets of names, letters and digits aside.
const (
	userNameMarks    = "._-"
	groupNameMarks   = "._-"
	roleNameMarks    = ".-"
	policyNameMarks  = "-"
	sessionNameMarks = ".@-_"

	providerNameMarks   = "._-"
	clientIDMarks       = ".-_:/"
	sourceIdentityMarks = "_+=,.@-"
)

// fold is the form in which names are unique. Names are ASCII; a character
// outside it must not fold to one that is inside.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// checkName wants low to high characters: letters, digits and marks.
func checkName(parameter, name string, low, high int, marks string) error {
	for _, r := range name {
		if !isAlphanumeric(r) && !strings.ContainsRune(marks, r) {
			return &Error{Kind: InvalidChars, Parameter: parameter}
		}
	}
	if len(name) < low || len(name) > high {
		return &Error{Kind: InvalidLength, Parameter: parameter}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// checkText wants at most high characters and no control characters.
func checkText(parameter, text string, high int) error {
	if utf8.RuneCountInString(text) > high {
		return &Error{Kind: InvalidLength, Parameter: parameter}
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return &Error{Kind: InvalidChars, Parameter: parameter}
	}
	return nil
}

// checkEmail and checkMobilePhone keep nonsense out; whether anybody answers
// there is not asked. Both may be empty.
func checkEmail(parameter, email string) error {
	local, host, ok := strings.Cut(email, "@")
	if email == "" || ok && local != "" && host != "" && len(email) <= 128 && !strings.ContainsAny(email, " \t\r\n") && !strings.Contains(host, "@") {
		return nil
	}
	return &Error{Kind: InvalidFormat, Parameter: parameter}
}

func checkMobilePhone(parameter, phone string) error {
	for _, r := range strings.TrimPrefix(phone, "+") {
		if (r < '0' || r > '9') && r != '-' {
			return &Error{Kind: InvalidFormat, Parameter: parameter}
		}
	}
	if len(phone) > 32 {
		return &Error{Kind: InvalidFormat, Parameter: parameter}
	}
	return nil
}

func checkAccountID(id string) error {
	if len(id) != accountDigits || strings.Trim(id, digits) != "" {
		return &Error{Kind: InvalidFormat, Parameter: "AccountId",
			Err: fmt.Errorf("%q is not %d digits", id, accountDigits)}
	}
	return nil
}

// maxAccessKeySecret bounds the secrets that are brought along.
const maxAccessKeySecret = 128

// checkAccessKey judges a key that was brought along instead of generated here.
// Its errors must not show the secret.
func checkAccessKey(id, secret string) error {
	fail := func(parameter, text string) error {
		return &Error{Kind: InvalidFormat, Parameter: parameter, Err: errors.New(text)}
	}
	switch {
	case !printable(id) || len(id) > maxAccessKeyID:
		return fail("AccessKeyId", fmt.Sprintf("must be 1 to %d printable ASCII characters without spaces", maxAccessKeyID))
	case strings.HasPrefix(id, sessionKeyPrefix):
		return fail("AccessKeyId", "STS. begins the ids of temporary keys")
	case !printable(secret) || len(secret) > maxAccessKeySecret:
		return fail("AccessKeySecret", fmt.Sprintf("must be 1 to %d printable ASCII characters without spaces", maxAccessKeySecret))
	}
	return nil
}

// printable tells whether text is not empty and all ASCII without spaces.
func printable(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

const (
	minMaxSessionDuration = time.Hour
	maxSessionDuration    = 12 * time.Hour
	minSessionDuration    = 15 * time.Minute
)
