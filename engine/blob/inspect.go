package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// Inspector is what a Store may offer beside, for those who look after it.
type Inspector interface {
	// Inspect is Walk without its effects: nothing is tidied up on the way.
	Inspect(ctx context.Context, olderThan time.Time, fn func(ref Ref, size int64) error) error
	// Size returns a blob's length in bytes without reading it. A blob that is
	// not there is ErrNotFound, one that can be seen to be damaged ErrCorrupt;
	// that its bytes are what they were, only reading them tells.
	Size(ctx context.Context, ref Ref) (int64, error)
	// Where names the file that a blob lies in, or would, for people; "" if there is none.
	Where(ref Ref) string
}

// Inspect returns the store itself if it is an Inspector, and otherwise one that
// makes do with Walk and Open.
func Inspect(s Store) Inspector {
	if i, ok := s.(Inspector); ok {
		return i
	}
	return plain{s}
}

type plain struct{ Store }

func (p plain) Inspect(ctx context.Context, olderThan time.Time, fn func(Ref, int64) error) error {
	return p.Walk(ctx, olderThan, fn)
}

func (p plain) Size(ctx context.Context, ref Ref) (int64, error) {
	r, err := p.Open(ctx, ref, 0, -1)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r)
	return n, errors.Join(err, r.Close())
}

func (plain) Where(Ref) string { return "" }
