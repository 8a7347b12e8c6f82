package policy

import (
	"cmp"
	"errors"
	"strconv"
)

var errNotNumber = errors.New("must be a decimal number")

// number is an integer if it can be one: ids have 18 digits, a float64 tells
// only the first 15 apart.
type number struct {
	integer   int64
	float     float64
	isInteger bool
}

// parseNumber reads what JSON calls a number, and leading zeros and a plus sign.
// It takes no hexadecimal, underscores, Inf or NaN, as strconv would.
func parseNumber(text string) (number, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9', c == '+', c == '-', c == '.', c == 'e', c == 'E':
		default:
			return number{}, errNotNumber
		}
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number{integer: i, float: float64(i), isInteger: true}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, errNotNumber
	}
	return number{float: f}, nil
}

func (n number) compare(m number) int {
	if n.isInteger && m.isInteger {
		return cmp.Compare(n.integer, m.integer)
	}
	return cmp.Compare(n.float, m.float)
}

type numericRelation struct {
	holds  relation
	values []number
}

func compileNumeric(holds relation) func(string, []string) (test, int, error) {
	return func(_ string, values []string) (test, int, error) {
		numbers, bad, err := compileEach(values, parseNumber)
		return numericRelation{holds, numbers}, bad, err
	}
}

func (t numericRelation) meets(value string) outcome {
	got, err := parseNumber(value)
	if err != nil {
		return unreadable
	}
	for _, want := range t.values {
		if t.holds(got.compare(want)) {
			return yes
		}
	}
	return no
}
