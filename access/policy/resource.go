package policy

import "strings"

// arn is acs:SERVICE:REGION:ACCOUNT:RELATIVE cut at its first four colons, once
// for each request.
type arn struct {
	text     string
	whole    bool // five parts; else only text is set
	parts    [4]string
	relative string
}

func parseARN(text string) arn {
	a := arn{text: text}
	rest := text
	for i := range a.parts {
		part, after, ok := strings.Cut(rest, ":")
		if !ok {
			return arn{text: text}
		}
		a.parts[i], rest = part, after
	}
	a.whole, a.relative = true, rest
	return a
}

// regionPart is the index of REGION in arn.parts.
const regionPart = 2

// otherRegion returns the region in OSS's other spelling: oss-cn-hangzhou for
// cn-hangzhou, and back. Both are in use in policies and in requests.
func otherRegion(region string) string {
	if bare, old := strings.CutPrefix(region, "oss-"); old {
		return bare
	}
	return "oss-" + region
}

// resourcePattern is a Resource of a statement.
//
// A star crosses / and :, as the vendor says. But a pattern that has all five
// parts is compared part by part: were it one text, acs:oss:*:*:photos/* would
// cover the key "x:photos/y" of every other bucket, since the first star could
// run on into a key that its uploader chose.
type resourcePattern struct {
	source    string
	whole     pattern // when source has fewer than five parts: * or acs:oss:*
	split     bool
	parts     [4]pattern
	anyRegion bool // an empty region counts as *
	relative  pattern
}

func compileResource(source string) resourcePattern {
	p := resourcePattern{source: source}
	a := parseARN(source)
	if !a.whole {
		p.whole = compilePattern(source, false)
		return p
	}
	p.split = true
	for i, part := range a.parts {
		p.parts[i] = compilePattern(part, false)
	}
	p.anyRegion = a.parts[regionPart] == "" || p.parts[regionPart].everything()
	p.relative = compilePattern(a.relative, false)
	return p
}

func (p *resourcePattern) match(a *arn) bool {
	if !p.split {
		return p.whole.match(a.text)
	}
	if !a.whole || !p.relative.match(a.relative) {
		return false
	}
	for i := range p.parts {
		if i != regionPart && !p.parts[i].match(a.parts[i]) {
			return false
		}
	}
	return p.matchRegion(a.parts[regionPart])
}

// matchRegion covers a region if it covers either spelling of it, so that a Deny
// for oss*-hangzhou is one whichever the request has.
func (p *resourcePattern) matchRegion(region string) bool {
	return p.anyRegion || p.parts[regionPart].match(region) || p.parts[regionPart].match(otherRegion(region))
}
