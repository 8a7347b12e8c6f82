package access

import (
	"context"
	"crypto/subtle"
	"fmt"

	"ossd/engine/meta"
)

// The owner of an access key is a user by name, or the account itself for "".

// CreateAccessKey generates a key. Its secret is in the answer and nowhere else.
func (d *Directory) CreateAccessKey(ctx context.Context, account, user string) (AccessKey, error) {
	return d.createKey(ctx, account, user, nil)
}

// createKey stores the given key, or a generated one.
func (d *Directory) createKey(ctx context.Context, account, user string, given *AccessKey) (AccessKey, error) {
	k, sealed, err := d.newKey(given)
	if err != nil {
		return AccessKey{}, err
	}
	k.AccountID, k.UserName = account, user
	err = d.update(ctx, func(tx meta.Tx) error {
		id, err := findOwner(tx, account, user)
		if err != nil {
			return err
		}
		return d.insertKey(tx, k, id, sealed)
	}, k.ID)
	if err != nil {
		return AccessKey{}, err
	}
	return k, nil
}

// SetAccessKeyActive enables or disables a key. A disabled one can be enabled again.
func (d *Directory) SetAccessKeyActive(ctx context.Context, account, user, id string, active bool) error {
	return d.changeKey(ctx, account, user, id, func(tx meta.Tx, row accessKeyRow) error {
		row.Inactive = !active
		return writeRow(tx, accessKeyKey(id), row)
	})
}

// DeleteAccessKey removes a key for good.
func (d *Directory) DeleteAccessKey(ctx context.Context, account, user, id string) error {
	return d.changeKey(ctx, account, user, id, func(tx meta.Tx, row accessKeyRow) error {
		if err := deleteRow(tx, keysOf(account, ownerOf(row.UserID))+id); err != nil {
			return err
		}
		return deleteRow(tx, accessKeyKey(id))
	})
}

// changeKey runs change on the key, which must belong to the user.
func (d *Directory) changeKey(ctx context.Context, account, user, id string, change func(meta.Tx, accessKeyRow) error) error {
	return d.update(ctx, func(tx meta.Tx) error {
		userID, err := findOwner(tx, account, user)
		if err != nil {
			return err
		}
		var row accessKeyRow
		ok, err := readRow(tx, accessKeyKey(id), &row)
		if err != nil {
			return err
		}
		if !ok || row.Account != account || row.UserID != userID {
			return &Error{Kind: NotExist, Entity: "User.AccessKey"}
		}
		return change(tx, row)
	}, id)
}

// AccessKeys lists the keys of a user in the order of their ids, without secrets.
func (d *Directory) AccessKeys(ctx context.Context, account, user string) (keys []AccessKey, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		keys = nil
		userID, err := findOwner(s, account, user)
		if err != nil {
			return err
		}
		for name, err := range scanNames(s, keysOf(account, ownerOf(userID)), "") {
			if err != nil {
				return err
			}
			var row accessKeyRow
			if _, err := readRow(s, accessKeyKey(name[0]), &row); err != nil {
				return err
			}
			keys = append(keys, AccessKey{
				ID: name[0], AccountID: account, UserName: user, Active: !row.Inactive, CreateDate: row.CreateDate,
			})
		}
		return nil
	})
	return keys, err
}

// newKey checks the given key or generates one, and seals its secret.
func (d *Directory) newKey(given *AccessKey) (k AccessKey, sealed []byte, err error) {
	k = AccessKey{Active: true, CreateDate: d.instant()}
	if given != nil && (given.ID != "" || given.Secret != "") {
		k.ID, k.Secret = given.ID, given.Secret
		if err := checkAccessKey(k.ID, k.Secret); err != nil {
			return k, nil, err
		}
	} else {
		if k.ID, err = newAccessKeyID(d.random); err != nil {
			return k, nil, err
		}
		if k.Secret, err = newAccessKeySecret(d.random); err != nil {
			return k, nil, err
		}
	}
	sealed, err = d.ring.Load().sealSecret(k.ID, k.Secret)
	return k, sealed, err
}

func (d *Directory) insertKey(tx meta.Tx, k AccessKey, userID string, sealed []byte) error {
	owned := keysOf(k.AccountID, ownerOf(userID))
	n, err := countRows(tx, owned)
	if err != nil {
		return err
	}
	if n >= d.limits.KeysPerUser {
		return &Error{Kind: LimitExceeded, Entity: "User.AccessKey"}
	}
	var row accessKeyRow
	if ok, err := readRow(tx, accessKeyKey(k.ID), &row); err != nil {
		return err
	} else if ok { // ids are unique among all accounts, since a request names nothing else
		return &Error{Kind: AlreadyExists, Entity: "User.AccessKey"}
	}
	row = accessKeyRow{Version: rowVersion, Account: k.AccountID, UserID: userID, Sealed: sealed, CreateDate: k.CreateDate}
	if err := tx.Put([]byte(owned+k.ID), nil); err != nil {
		return err
	}
	return writeRow(tx, accessKeyKey(k.ID), row)
}

// ensureKey makes the given key, or gives it the given secret. Whether it is
// active stays as it is: somebody may have disabled it for a reason.
func (d *Directory) ensureKey(ctx context.Context, account, user string, given AccessKey) (Change, error) {
	change := Change{Action: Unchanged, Entity: "accessKey", Account: account, Name: given.ID}
	if err := checkAccessKey(given.ID, given.Secret); err != nil {
		return change, err
	}
	row, err := d.keyOf(ctx, account, user, given.ID)
	if err != nil {
		return change, err
	}
	if row == nil {
		change.Action = Created
		_, err := d.createKey(ctx, account, user, &given)
		return change, err
	}
	var stored string
	err = d.withRing(ctx, func(r *ring) (err error) {
		stored, err = r.openSecret(given.ID, row.Sealed)
		return err
	})
	if err != nil || subtle.ConstantTimeCompare([]byte(stored), []byte(given.Secret)) == 1 {
		return change, err
	}
	change.Action = Updated
	sealed, err := d.ring.Load().sealSecret(given.ID, given.Secret)
	if err != nil {
		return change, err
	}
	return change, d.changeKey(ctx, account, user, given.ID, func(tx meta.Tx, row accessKeyRow) error {
		row.Sealed = sealed
		return writeRow(tx, accessKeyKey(given.ID), row)
	})
}

// keyOf reads a key, nil if there is none. It must be the user's.
func (d *Directory) keyOf(ctx context.Context, account, user, id string) (found *accessKeyRow, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		userID, err := findOwner(s, account, user)
		if err != nil {
			return err
		}
		var row accessKeyRow
		ok, err := readRow(s, accessKeyKey(id), &row)
		if err != nil || !ok {
			return err
		}
		if row.Account != account || row.UserID != userID {
			return &Error{Kind: AlreadyExists, Entity: "User.AccessKey",
				Err: fmt.Errorf("access key %s cannot be used: choose another id", id)}
		}
		found = &row
		return nil
	})
	return found, err
}

func ownerOf(userID string) string {
	if userID == "" {
		return rootOwner
	}
	return userID
}

// findOwner returns the id of the user, "" for the account itself.
func findOwner(s meta.Snapshot, account, user string) (id string, err error) {
	if user == "" {
		return "", wantAccount(s, account)
	}
	return findEntity(s, UserEntity, account, user)
}
