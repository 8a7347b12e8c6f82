package blob

import "context"

// Importer is what a Store may offer beside, where other stores can be moved to.
type Importer interface {
	// Import begins a blob whose name another store has chosen; Commit returns that
	// name. A blob of that name that is there already is replaced once Commit is
	// called: the same blob, of an earlier try, since names are never used twice.
	// A name that the store could not have kept apart from its own is an error.
	// sizeHint is as in Create.
	Import(ctx context.Context, ref Ref, sizeHint int64) (Writer, error)
}

// ValidRef tells whether a name is one that a Ref may be, whoever has chosen it.
// A slash is in none: names become those of files and objects.
func ValidRef(ref Ref) bool {
	for _, c := range []byte(ref) {
		if c <= ' ' || c > '~' || c == '/' {
			return false
		}
	}
	return len(ref) > 0 && len(ref) <= maxRef
}

const maxRef = 64 // bytes
