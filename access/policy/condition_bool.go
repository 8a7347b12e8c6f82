package policy

import (
	"errors"
	"strings"
)

var (
	errNotBool      = errors.New("must be true or false")
	errNotTransport = errors.New("must be true, false, HTTP or HTTPS")
)

func parseBool(text string) (bool, error) {
	switch {
	case strings.EqualFold(text, "true"):
		return true, nil
	case strings.EqualFold(text, "false"):
		return false, nil
	}
	return false, errNotBool
}

// parseTransport reads acs:SecureTransport, for which OSS's pages of 2021 had
// HTTP and HTTPS where RAM and today's pages have false and true.
func parseTransport(text string) (bool, error) {
	switch {
	case strings.EqualFold(text, "https"):
		return true, nil
	case strings.EqualFold(text, "http"):
		return false, nil
	}
	b, err := parseBool(text)
	if err != nil {
		return false, errNotTransport
	}
	return b, nil
}

type boolEquals struct {
	parse  func(string) (bool, error)
	values []bool
}

func compileBool(key string, values []string) (test, int, error) {
	parse := parseBool
	if key == "acs:securetransport" {
		parse = parseTransport
	}
	bools, bad, err := compileEach(values, parse)
	return boolEquals{parse, bools}, bad, err
}

func (t boolEquals) meets(value string) outcome {
	got, err := t.parse(value)
	if err != nil {
		return unreadable
	}
	for _, want := range t.values {
		if got == want {
			return yes
		}
	}
	return no
}
