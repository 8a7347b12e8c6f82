package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"ossd/protocol/signature"
)

// usualSubresources choose an operation; one that was signed may be lost on the way.
var usualSubresources = [...]string{"acl", "uploads", "append", "delete", "location", "objectMeta", "stat", "symlink", "tagging", "bucketInfo"}

func ofParameters(right *sheet) (list []mistake) {
	query := func(id, sentence string, rare bool, make func(*sheet)) {
		list = append(list, mistake{id, sentence, ofQuery, rare, make})
	}
	var asked []string
	for _, p := range right.query {
		if right.signs(p.Name) && !signature.IsCredential(p.Name) {
			asked = append(asked, p.Name)
		}
	}
	for _, name := range asked[:min(len(asked), maxSingled)] {
		query("parameter-added", fmt.Sprintf("The parameter %s is in the URL, but was not signed: it was added later, or the client does not sign it.", name), false,
			func(s *sheet) { s.removeParameters(func(n string) bool { return n == name }) })
	}
	if len(asked) > 1 {
		query("parameter-added", "The parameters "+strings.Join(asked[:min(len(asked), maxSingled)], ", ")+" are in the URL, but were not signed.", false,
			func(s *sheet) { s.removeParameters(func(n string) bool { return !signature.IsCredential(n) }) })
	}
	const spelled = "The values of the parameters were percent-encoded "
	if right.family == v1 {
		query("parameter-encoded", spelled+"before they were signed; V1 signs them as they are.", false, func(s *sheet) { s.spell = escape })
		query("parameter-unlisted", "All parameters of the URL were signed; V1 signs the sub-resources only.", false, func(s *sheet) { s.signs = everything })
	} else {
		query("parameter-encoded", spelled+"twice when they were signed.", false, func(s *sheet) { s.spell = func(t string) string { return escape(escape(t)) } })
		query("parameter-not-encoded", "The parameters were not percent-encoded when they were signed.", false, func(s *sheet) { s.spell = asIs })
		query("parameter-not-encoded", "The slashes in parameters were signed as they are; they must be written as %2F.", false, func(s *sheet) { s.spell = signature.EncodePath })
		query("parameter-not-encoded", "Spaces in parameters were signed as \"+\"; they must be written as %20.", false,
			func(s *sheet) { s.spell = func(t string) string { return strings.ReplaceAll(escape(t), "%20", "+") } })
		query("parameter-unsigned", "Only the sub-resources were signed, as in V1; this scheme signs every parameter.", false, func(s *sheet) { s.signs = signature.V1Signs })
		query("parameter-unsigned", "No parameter was signed; this scheme signs every one.", false, func(s *sheet) { s.query = nil })
	}
	query("parameter-order", "The parameters were signed in the order of the URL; they must be sorted by name.", false, func(s *sheet) { s.order = nil })
	query("parameter-order", "The parameters were sorted without regard to case; they must be sorted byte by byte.", true,
		func(s *sheet) {
			s.order = func(x, y string) int { return strings.Compare(strings.ToLower(x), strings.ToLower(y)) }
		})
	if !right.emptyEquals {
		query("parameter-empty", "Parameters without a value were signed as \"name=\"; the form has the bare name.", true, func(s *sheet) {
			s.emptyEquals = true
			for i := range s.query {
				s.query[i].Bare = false
			}
		})
	}
	for _, name := range usualSubresources {
		if !slices.ContainsFunc(right.query, func(p signature.Param) bool { return p.Name == name }) {
			query("parameter-missing", fmt.Sprintf("The parameter %s was signed, but is not in the URL.", name), true,
				func(s *sheet) { s.query = append(s.query, signature.Param{Name: name, Bare: true}) })
		}
	}
	return list
}

func (s *sheet) removeParameters(drop func(name string) bool) {
	s.query = slices.DeleteFunc(s.query, func(p signature.Param) bool { return drop(p.Name) })
}

// ofTokens are the ways to forget the security token, or to garble it.
func ofTokens(right *sheet) (list []mistake) {
	const unsigned = "The security token was added after signing; it must be signed like any x-oss header and parameter."
	const garbled = `The security token is not percent-encoded in the URL: its "+" arrived as a space.`
	if token, ok := right.headers[paramToken]; ok {
		list = append(list, mistake{"token-not-signed", unsigned, ofToken, false, without(paramToken)})
		if strings.Contains(token, " ") {
			list = append(list, mistake{"token-not-encoded", garbled, ofToken, false, with(paramToken, strings.ReplaceAll(token, " ", "+"))})
		}
	}
	for _, p := range right.query {
		if p.Name != paramToken && p.Name != paramTokenV1 {
			continue
		}
		list = append(list, mistake{"token-not-signed", unsigned, ofToken, false,
			func(s *sheet) { s.removeParameters(func(n string) bool { return n == p.Name }) }})
		if strings.Contains(p.Value, " ") {
			list = append(list, mistake{"token-not-encoded", garbled, ofToken, false, func(s *sheet) {
				s.setParameter(p.Name, strings.ReplaceAll(p.Value, " ", "+"))
			}})
		}
	}
	return list
}

func (s *sheet) setParameter(name, value string) {
	for i := range s.query {
		if s.query[i].Name == name {
			s.query[i].Value = value
		}
	}
}
