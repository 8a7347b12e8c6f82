package policy

import (
	"errors"
	"net/netip"
	"strings"
)

var errNotAddress = errors.New("must be an IP address, a CIDR block, or either with * in it")

// addressRange is a block of addresses; a lone address is a block of one. OSS
// also takes a star in an address, which then is compared as text.
type addressRange struct {
	prefix netip.Prefix
	like   *pattern
}

func parseAddressRange(text string) (addressRange, error) {
	if strings.Contains(text, "*") {
		if strings.Trim(text, "0123456789abcdefABCDEF.:*") != "" {
			return addressRange{}, errNotAddress
		}
		p := compilePattern(text, true)
		return addressRange{like: &p}, nil
	}
	if !strings.Contains(text, "/") {
		a, err := parseAddress(text)
		if err != nil {
			return addressRange{}, errNotAddress
		}
		return addressRange{prefix: netip.PrefixFrom(a, a.BitLen())}, nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return addressRange{}, errNotAddress
	}
	// A block of mapped IPv4 addresses is the IPv4 block: requests' addresses
	// are unmapped too.
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return addressRange{prefix: p.Masked()}, nil
}

func parseAddress(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err
}

func (r *addressRange) contains(a netip.Addr) bool {
	if r.like != nil {
		return r.like.match(a.String())
	}
	return r.prefix.Contains(a)
}

type inRange []addressRange

func compileAddress(_ string, values []string) (test, int, error) {
	ranges, bad, err := compileEach(values, parseAddressRange)
	return inRange(ranges), bad, err
}

func (t inRange) meets(value string) outcome {
	a, err := parseAddress(value)
	if err != nil {
		return unreadable
	}
	for i := range t {
		if t[i].contains(a) {
			return yes
		}
	}
	return no
}
