package s3

import (
	"context"
	"errors"

	"ossd/engine/blob"
)

// ownerName is an object that names the store whose rows speak of the blobs here: what
// another store's rows do not speak of would be swept by it.
const ownerName = "OWNER"

// Owner returns the id of the store that has claimed the prefix, "" if none has.
func (s *Store) Owner(ctx context.Context) (id string, err error) {
	id, err = s.format(ctx, s.config.Prefix+ownerName)
	if errors.Is(err, blob.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// Claim says whose the prefix is. Of several that claim it at once the last one wins, so
// that who has claimed it must ask again.
func (s *Store) Claim(ctx context.Context, id string) error {
	return s.put(ctx, s.config.Prefix+ownerName, []byte(id))
}
