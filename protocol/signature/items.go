package signature

import "strings"

// item is one part of an Authorization header; absent and empty are not the same.
type item struct {
	value   string
	present bool
}

// What can be wrong with the parts, in the words of the service.
const (
	itemsMiscounted = "bad num of Items"
	itemsUnparted   = "Authorization header is invalid."
	itemUnknown     = "Unknown parameter in Authorization header."
	itemMissing     = "AccessKeyId or Signature is missing in Authorization header value."
)

// splitItems takes the comma-separated parts of an Authorization header apart:
// the key, a list of headers that may be absent, the signature, in that order
// of names. They come in any order, with or without spaces after the commas:
// the Python SDK puts the list last, the Java SDK sends spaces. fault is "" if
// nothing is wrong with what is there.
func splitItems(text, separator string, names [3]string) (items [3]item, fault string) {
	if n := strings.Count(text, ",") + 1; n < 2 || n > 3 {
		return items, itemsMiscounted
	}
	for part := range strings.SplitSeq(text, ",") {
		part = trim(part)
		if part == "" {
			return items, itemsMiscounted
		}
		name, value, ok := strings.Cut(part, separator)
		if !ok {
			return items, itemsUnparted
		}
		i := 0
		for i < len(names) && names[i] != name {
			i++
		}
		if i == len(names) || items[i].present {
			return items, itemUnknown
		}
		items[i] = item{value, true}
	}
	return items, ""
}
