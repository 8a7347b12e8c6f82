package policy

import "strings"

// condition is one key under one operator. All conditions of a statement must
// hold; of one condition's values any one may.
type condition struct {
	operator string   // as written
	name     string   // the key as written
	key      string   // the key as Context is asked for it
	values   []string // as written, scalars as their literals
	negated  bool     // "none of the values" instead of "any of them"
	test     test     // nil stands for an operator that this program does not know
}

// test compares what a request brings with the values of a condition.
type test interface {
	// meets answers whether value meets any of the condition's values.
	meets(value string) outcome
}

type outcome int

const (
	no outcome = iota
	yes
	unreadable // value is not of the operator's type, such as a word for a number
)

func outcomeOf(b bool) outcome {
	if b {
		return yes
	}
	return no
}

// outcome evaluates the condition for one request.
//
// A key that the request does not have fails a positive operator and satisfies
// a negated one: the vendor's own recipes deny requests from outside any VPC
// with StringNotLike on acs:SourceVpc, which such requests lack.
func (c *condition) outcome(ctx Context) outcome {
	if c.test == nil {
		return unreadable
	}
	var value string
	ok := false
	if ctx != nil {
		value, ok = ctx.Value(c.key)
	}
	if !ok {
		return outcomeOf(c.negated)
	}
	result := c.test.meets(value)
	if !c.negated || result == unreadable {
		return result
	}
	return outcomeOf(result == no)
}

// ConditionKey brings a key to the form that Context knows: lower case but for
// the tag key behind a slash, since tags are case-sensitive.
func ConditionKey(name string) string {
	service, tag, tagged := strings.Cut(name, "/")
	if !tagged {
		return lowerASCII(name)
	}
	return lowerASCII(service) + "/" + tag
}

// operator is an entry of the table of condition operators.
type operator struct {
	negated bool
	// compile reads the values of a condition on key. A refusal comes with the
	// index of the value that it is about.
	compile func(key string, values []string) (test, int, error)
}

// operators are those of the vendor's "Conditional operators" page and of the
// OSS policy pages. There are no qualifiers such as IfExists and no Null.
var operators = map[string]operator{
	"StringEquals":              {false, compileStringEquals(false)},
	"StringNotEquals":           {true, compileStringEquals(false)},
	"StringEqualsIgnoreCase":    {false, compileStringEquals(true)},
	"StringNotEqualsIgnoreCase": {true, compileStringEquals(true)},
	"StringLike":                {false, compileStringLike},
	"StringNotLike":             {true, compileStringLike},

	"NumericEquals":            {false, compileNumeric(equal)},
	"NumericNotEquals":         {true, compileNumeric(equal)},
	"NumericLessThan":          {false, compileNumeric(less)},
	"NumericLessThanEquals":    {false, compileNumeric(lessOrEqual)},
	"NumericGreaterThan":       {false, compileNumeric(greater)},
	"NumericGreaterThanEquals": {false, compileNumeric(greaterOrEqual)},

	"DateEquals":            {false, compileDate(equal)},
	"DateNotEquals":         {true, compileDate(equal)},
	"DateLessThan":          {false, compileDate(less)},
	"DateLessThanEquals":    {false, compileDate(lessOrEqual)},
	"DateGreaterThan":       {false, compileDate(greater)},
	"DateGreaterThanEquals": {false, compileDate(greaterOrEqual)},

	"Bool": {false, compileBool},

	"IpAddress":    {false, compileAddress},
	"NotIpAddress": {true, compileAddress},
	// What IncludeBorder adds is not published; a range has its ends anyway.
	"IpAddressIncludeBorder":    {false, compileAddress},
	"NotIpAddressIncludeBorder": {true, compileAddress},
}

// relation is how a request's value must stand to a condition's value, given
// the sign of their comparison.
type relation func(sign int) bool

func equal(sign int) bool          { return sign == 0 }
func less(sign int) bool           { return sign < 0 }
func lessOrEqual(sign int) bool    { return sign <= 0 }
func greater(sign int) bool        { return sign > 0 }
func greaterOrEqual(sign int) bool { return sign >= 0 }

// compileEach reads values one by one and stops at the first that is refused.
func compileEach[T any](values []string, read func(string) (T, error)) ([]T, int, error) {
	compiled := make([]T, len(values))
	for i, value := range values {
		var err error
		if compiled[i], err = read(value); err != nil {
			return nil, i, err
		}
	}
	return compiled, 0, nil
}
