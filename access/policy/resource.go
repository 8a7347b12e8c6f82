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
	a.parts[regionPart] = bareRegion(a.parts[regionPart])
	return a
}

// regionPart is the index of REGION in arn.parts.
const regionPart = 2

// bareRegion turns OSS's old spelling of a region, oss-cn-hangzhou, into the
// region's id, cn-hangzhou. Both are in use in policies and in requests.
func bareRegion(region string) string {
	if bare := strings.TrimPrefix(region, "oss-"); bare != "" {
		return bare
	}
	return region
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
		if i == regionPart && p.anyRegion {
			continue
		}
		if !p.parts[i].match(a.parts[i]) {
			return false
		}
	}
	return true
}
