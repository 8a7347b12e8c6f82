package s3

import (
	"strings"

	"ossd/engine/blob"
)

// imported is where the blobs are whose names other stores have chosen.
const imported = "moved/"

// name returns the name of a reference's object, and false if there can be none.
// References come back from outside, so nothing else may become a name.
func (s *Store) name(ref blob.Ref) (string, bool) {
	switch {
	case isOwn(ref):
		return s.config.Prefix + string(ref[:2]) + "/" + string(ref), true
	case isForeign(ref):
		return s.config.Prefix + imported + string(ref) + suffix, true
	}
	return "", false
}

// isOwn tells whether a reference is one of those that Create makes.
func isOwn(ref blob.Ref) bool {
	id, ok := strings.CutSuffix(string(ref), suffix)
	if !ok || len(id) != 2*idBytes {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isForeign tells whether a reference may be one of another store: letters, digits
// and, behind the first, what other engines use beside them.
func isForeign(ref blob.Ref) bool {
	for i, c := range []byte(ref) {
		letter := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("._-", rune(c))) {
			return false
		}
	}
	return blob.ValidRef(ref) && !isOwn(ref)
}

// refOf is the reference whose blob, or a group of whose parts, an object is.
func (s *Store) refOf(object string) (ref blob.Ref, group bool, ok bool) {
	dir, base, _ := strings.Cut(strings.TrimPrefix(object, s.config.Prefix), "/")
	base, number, group := strings.Cut(base, groupMark)
	ref = blob.Ref(base)
	if dir+"/" == imported {
		ref = blob.Ref(strings.TrimSuffix(base, suffix))
	}
	name, ok := s.name(ref)
	if group {
		name += groupMark + number
	}
	return ref, group, ok && name == object
}
