package policy

import "strings"

// sourceKeys say where a request comes from or by which key; fixing one of them
// takes a statement out of the public.
var sourceKeys = map[string]bool{
	"acs:sourceip":    true,
	"acs:vpcsourceip": true,
	"acs:sourcevpc":   true,
	"acs:accessid":    true,
}

// isPublic tells whether the statement grants to the world.
func (s *statement) isPublic() bool {
	if s.effect != Allow || !s.principals.everyone {
		return false
	}
	for i := range s.conditions {
		if s.conditions[i].fixesSource() {
			return false
		}
	}
	return true
}

// fixesSource tells whether the condition admits known sources only. A VPC
// pattern such as vpc-* fixes nothing: anyone can have a VPC.
func (c *condition) fixesSource() bool {
	if c.negated || !sourceKeys[c.key] {
		return false
	}
	switch t := c.test.(type) {
	case stringEquals:
		return true
	case stringLike:
		for i := range t {
			if strings.ContainsAny(t[i].source, "*?") {
				return false
			}
		}
		return true
	case inRange:
		for i := range t {
			if !t[i].fixed() {
				return false
			}
		}
		return true
	}
	return false
}

// The widest blocks that still count as a fixed source. The vendor names no
// bound, but two halves of the Internet must not pass for one.
const (
	widestIPv4 = 8
	widestIPv6 = 32
)

func (r *addressRange) fixed() bool {
	if r.like != nil {
		return false
	}
	if r.prefix.Addr().Is4() {
		return r.prefix.Bits() >= widestIPv4
	}
	return r.prefix.Bits() >= widestIPv6
}
