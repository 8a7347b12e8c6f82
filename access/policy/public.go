package policy

import (
	"math"
	"net/netip"
	"strings"
)

// sourceKeys say where a request comes from or by which key; fixing one of them
// takes a statement out of the public.
var sourceKeys = map[string]bool{
	"acs:sourceip":    true,
	"acs:vpcsourceip": true,
	"acs:sourcevpc":   true,
	"acs:accessid":    true,
}

// markPublic finds the statements that grant to the world. A few blocks of
// addresses are known sources, but many of them, of one statement or of several,
// can be the whole Internet.
func markPublic(statements []statement) {
	var total float64
	shares := make([]float64, len(statements))
	for i := range statements {
		if s := &statements[i]; s.effect == Allow && s.principals.everyone {
			shares[i] = s.admits()
			if shares[i] <= 1 { // another one is public by itself
				total += shares[i]
			}
		}
	}
	for i := range statements {
		statements[i].public = shares[i] > 0 && total > 1 || shares[i] > 1
	}
}

// admits is how much of the world the statement's conditions let in, where 1 is
// the most that still counts as known sources.
func (s *statement) admits() float64 {
	least := math.Inf(1)
	for i := range s.conditions {
		least = min(least, s.conditions[i].admits())
	}
	return least
}

// admits is as that of a statement. A VPC pattern such as vpc-* fixes nothing:
// anyone can have a VPC.
func (c *condition) admits() float64 {
	world := math.Inf(1)
	if c.negated || !sourceKeys[c.key] {
		return world
	}
	switch t := c.test.(type) {
	case stringEquals:
		return 0
	case stringLike:
		for i := range t {
			if strings.ContainsAny(t[i].source, "*?") {
				return world
			}
		}
		return 0
	case inRange:
		var sum float64
		for i := range t {
			sum += t[i].share()
		}
		return sum
	}
	return world
}

// The widest blocks that still count as a known source. The vendor names no
// bound, but two halves of the Internet must not pass for one.
const (
	widestIPv4 = 8
	widestIPv6 = 32
)

// share is the part of a widest block that a range is. Private networks are
// nobody's but the owner's.
func (r *addressRange) share() float64 {
	switch {
	case r.like != nil:
		return math.Inf(1)
	case private(r.prefix):
		return 0
	case r.prefix.Addr().Is4():
		return math.Ldexp(1, widestIPv4-r.prefix.Bits())
	}
	return math.Ldexp(1, widestIPv6-r.prefix.Bits())
}

// The private networks (RFC 1918 and RFC 4193).
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

func private(p netip.Prefix) bool {
	for _, network := range privateNetworks {
		if p.Bits() >= network.Bits() && network.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
