package policy

import "strings"

// stringEquals takes * and ? literally.
type stringEquals struct {
	values     []string
	ignoreCase bool
}

func compileStringEquals(ignoreCase bool) func(string, []string) (test, int, error) {
	return func(_ string, values []string) (test, int, error) {
		return stringEquals{values, ignoreCase}, 0, nil
	}
}

func (t stringEquals) meets(value string) outcome {
	for _, want := range t.values {
		if value == want || t.ignoreCase && strings.EqualFold(value, want) {
			return yes
		}
	}
	return no
}

type stringLike []pattern

func compileStringLike(_ string, values []string) (test, int, error) {
	patterns := make(stringLike, len(values))
	for i, value := range values {
		patterns[i] = compilePattern(value, false)
	}
	return patterns, 0, nil
}

func (t stringLike) meets(value string) outcome {
	for i := range t {
		if t[i].match(value) {
			return yes
		}
	}
	return no
}
