package policy

import "testing"

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		fold, want    bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"*", "", false, true},
		{"*", "a/b:c", false, true},
		{"**", "", false, true},
		{"?", "", false, false},
		{"?", "a", false, true},
		{"?", "ab", false, false},
		{"?", "键", false, true},
		{"*?", "", false, false},
		{"?*", "键", false, true},
		{"a?c", "a键c", false, true},
		{"a*c", "ac", false, true},
		{"a*c", "abcb", false, false},
		{"a*b*c", "a-b-b-c", false, true},
		{"a*b*c", "a-c-b", false, false},
		{"*ab", "aab", false, true},
		{"*?b", "b", false, false},
		{"*?b*", "xxab-", false, true},
		{"a*a", "a", false, false},
		{"a*a", "aa", false, true},
		{"log-?.txt", "log-12.txt", false, false},
		{"photos*", "photos", false, true},
		{"photos/*", "photos", false, false},
		{"oss:Get*", "oss:GETOBJECT", true, true},
		{"oss:get*t", "oss:GetObjecT", true, true},
		{"*:*object", "oss:GetObject", true, true},
		{"oss:Get*", "oss:GETOBJECT", false, false},
		{"K", "\u212a", true, false}, // the Kelvin sign is no k here
		{"[a-z]\\", "[a-z]\\", false, true},
		{"${oss:x}", "${oss:x}", false, true},
	} {
		p := compilePattern(c.pattern, c.fold)
		for _, looks := range []int{1000, 0} {
			if got := p.matchWithin(c.text, looks); got != c.want {
				t.Errorf("pattern %q, text %q, fold %v, %d looks: got %v, want %v", c.pattern, c.text, c.fold, looks, got, c.want)
			}
		}
	}
}

func TestResourcePattern(t *testing.T) {
	const key = "acs:oss:oss-cn-hangzhou:1111111111111111:photos/a/b:c.txt"
	for _, c := range []struct {
		pattern, resource string
		want              bool
	}{
		{"*", key, true},
		{"*", "acs:oss:*:1111111111111111:*", true},
		{"acs:oss:*", key, true},
		{"acs:ram:*", key, false},
		{"acs:oss:*:*:*", key, true},
		{"acs:oss:*:*:photos/*", key, true},
		{"acs:oss:*:*:photos/a/*.txt", key, true}, // the star crosses a colon of the key
		{"acs:oss:*:*:photos*", key, true},
		{"acs:oss:*:*:photos", key, false},
		{"acs:oss:*:*:photos", "acs:oss:cn-hangzhou:1111111111111111:photos", true},
		{"acs:oss:*:*:photos/*", "acs:oss:cn-hangzhou:1111111111111111:photos", false},
		{"acs:oss:*:*:Photos/*", key, false},
		{"acs:*:*:*:photos/*", key, true},
		{"acs:oss:*:1111111111111111:photos/*", key, true},
		{"acs:oss:*:2222222222222222:photos/*", key, false},
		{"acs:oss:*:1111*:photos/*", key, true},

		// The region in every spelling, on either side.
		{"acs:oss::*:photos/*", key, true},
		{"acs:oss:cn-hangzhou:*:photos/*", key, true},
		{"acs:oss:oss-cn-hangzhou:*:photos/*", key, true},
		{"acs:oss:oss-cn-hangzhou:*:photos", "acs:oss:cn-hangzhou:1111111111111111:photos", true},
		{"acs:oss:oss-cn-*:*:photos/*", key, true},
		{"acs:oss:oss*-hangzhou:*:photos", "acs:oss:cn-hangzhou:1111111111111111:photos", true},
		{"acs:oss:*-cn-hangzhou:*:photos/*", key, true},
		{"acs:oss:c?-hangzhou:*:photos/*", key, true},
		{"acs:oss:oss-*:*:*", "acs:oss:*:1111111111111111:*", true},
		{"acs:oss:cn-beijing:*:photos/*", key, false},
		{"acs:ram:*:1111111111111111:role/r", "acs:ram::1111111111111111:role/r", true},
		{"acs:ram::1111111111111111:role/r", "acs:ram:*:1111111111111111:role/r", true},

		// A key with colons must not pass for another bucket or account.
		{"acs:oss:*:*:photos/*", "acs:oss:cn-hangzhou:1111111111111111:secret/x:y:photos/z", false},
		{"acs:oss::1111111111111111:photos/*", "acs:oss:r:2222222222222222:b/:1111111111111111:photos/z", false},

		{"acs:oss:*:*:photos/*", "photos/a", false},
	} {
		p, a := compileResource(c.pattern), parseARN(c.resource)
		if got := p.match(&a); got != c.want {
			t.Errorf("pattern %s, resource %s: got %v, want %v", c.pattern, c.resource, got, c.want)
		}
	}
}
