package policy

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
)

// texts returns a value or a list of values; numbers and booleans as written.
func texts(value any) (list []string) {
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	for _, v := range values {
		switch v := v.(type) {
		case json.Number:
			list = append(list, v.String())
		default:
			list = append(list, fmt.Sprint(v))
		}
	}
	return list
}

// folded lowers A to Z; other letters have no case here.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// naiveAction: actions are compared whatever their case; NotAction is every
// action but those listed.
func naiveAction(statement map[string]any, action string) bool {
	listed := func(value any) bool {
		return slices.ContainsFunc(texts(value), func(p string) bool {
			return naiveWildcard(folded(p), folded(action))
		})
	}
	if others, ok := statement["NotAction"]; ok {
		return !listed(others)
	}
	return listed(statement["Action"])
}

// naiveResource compares part by part where the pattern has five parts.
func naiveResource(statement map[string]any, resource string) bool {
	have := strings.SplitN(resource, ":", 5)
	return slices.ContainsFunc(texts(statement["Resource"]), func(text string) bool {
		want := strings.SplitN(text, ":", 5)
		if len(want) < 5 {
			return naiveWildcard(text, resource)
		}
		if len(have) < 5 {
			return false
		}
		for _, i := range []int{0, 1, 3, 4} {
			if !naiveWildcard(want[i], have[i]) {
				return false
			}
		}
		region := strings.TrimPrefix(have[2], "oss-")
		return want[2] == "" || naiveWildcard(want[2], have[2]) ||
			naiveWildcard(want[2], region) || naiveWildcard(want[2], "oss-"+region)
	})
}

// naiveBucketPrincipal: entries are numbers of accounts and users, role
// sessions, and *, which the empty list means too. * is everyone but the owner's
// key, with a condition everyone. Block public access ignores * in a public Allow.
func naiveBucketPrincipal(statement map[string]any, s *situation) bool {
	value, ok := statement["Principal"]
	if !ok {
		return false
	}
	conditions, _ := statement["Condition"].(map[string]any)
	isOwner := s.who.Type == Account && s.owner != "" && s.who.AccountID == s.owner
	list, isList := value.([]any)
	everyone := isList && len(list) == 0
	if !everyone {
		for _, entry := range texts(value) {
			if entry == "*" {
				everyone = true
			} else if naiveIs(entry, &s.who) {
				return true
			}
		}
	}
	return everyone && !(isOwner && len(conditions) == 0) && !(s.block && naivePublic(statement, s.bucket))
}

func naiveIs(entry string, who *Principal) bool {
	switch who.Type {
	case Account:
		return entry == who.AccountID
	case User:
		return entry == who.UserID
	case RoleSession:
		rest, ok := strings.CutPrefix(entry, "arn:sts::"+who.AccountID+":assumed-role/")
		parts := strings.SplitN(rest, "/", 2)
		return ok && len(parts) == 2 && strings.EqualFold(parts[0], who.RoleName) && (parts[1] == "*" || parts[1] == who.SessionName)
	}
	return false
}

// naivePublic: an Allow to everyone without a condition that fixes where
// requests come from, or by which key; one that lets in more addresses than a /8 (a /32 of
// IPv6) has; and one of several that do so together.
func naivePublic(statement map[string]any, document string) bool {
	own := naiveOpen(statement)
	together := 0.0
	for _, other := range naiveStatements("", document) {
		if open := naiveOpen(other.json); open <= 1 {
			together += open
		}
	}
	return own > 1 || own > 0 && together > 1
}

// naiveOpen is how many times as much as a /8 a statement opens to everyone.
func naiveOpen(statement map[string]any) float64 {
	principal, named := statement["Principal"]
	list, isList := principal.([]any)
	everyone := named && (isList && len(list) == 0 || slices.Contains(texts(principal), "*"))
	if statement["Effect"] != "Allow" || !everyone {
		return 0
	}
	least := math.Inf(1)
	conditions, _ := statement["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key, values := range keys.(map[string]any) {
			switch folded(key) {
			case "acs:sourceip", "acs:vpcsourceip", "acs:sourcevpc", "acs:accessid":
				least = min(least, naiveLeft(operator, texts(values)))
			}
		}
	}
	return least
}

// naiveLeft is what a condition on a source leaves open.
func naiveLeft(operator string, values []string) float64 {
	switch operator {
	case "StringEquals", "StringEqualsIgnoreCase":
		return 0
	case "StringLike":
		if !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
			return 0
		}
	case "IpAddress", "IpAddressIncludeBorder":
		sum := 0.0
		for _, v := range values {
			sum += naiveBlock(v)
		}
		return sum
	}
	return math.Inf(1)
}

// naiveBlock is how many times as much as a /8 (a /32 of IPv6) a block has that is not of a private network.
func naiveBlock(text string) float64 {
	if strings.Contains(text, "*") {
		return math.Inf(1)
	}
	_, block, err := net.ParseCIDR(text)
	if err != nil { // an address
		bits := 32
		if net.ParseIP(text).To4() == nil {
			bits = 128
		}
		_, block, _ = net.ParseCIDR(fmt.Sprintf("%s/%d", net.ParseIP(text), bits))
	}
	ones, bits := block.Mask.Size()
	if block.IP.To4() != nil && bits == 128 && ones >= 96 { // IPv4 written as IPv6
		ones, bits = ones-96, 32
	}
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		_, network, _ := net.ParseCIDR(private)
		if n, of := network.Mask.Size(); of == bits && ones >= n && network.Contains(block.IP) {
			return 0
		}
	}
	if bits == 32 {
		return math.Pow(2, float64(8-ones))
	}
	return math.Pow(2, float64(32-ones))
}

// naiveTrusted: the account, the user or role itself, or the identity provider.
func naiveTrusted(statement map[string]any, who *Principal) bool {
	arn := "acs:ram::" + who.AccountID + ":"
	principal := statement["Principal"].(map[string]any)
	named := func(kind string, names ...string) bool {
		return principal[kind] != nil && slices.ContainsFunc(texts(principal[kind]), func(entry string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(entry, n) })
		})
	}
	switch who.Type {
	case User:
		return named("RAM", arn+"root", arn+"user/"+who.UserName)
	case RoleSession:
		return named("RAM", arn+"root", arn+"role/"+who.RoleName)
	case Federated:
		return named("Federated", arn+"oidc-provider/"+who.ProviderName)
	}
	return false
}
