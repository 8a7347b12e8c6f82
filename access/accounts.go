package access

import (
	"cmp"
	"context"

	"ossd/engine/meta"
)

// CreateAccount makes an account and its first key. What a or key leave empty
// (the id of the account; the whole key) is generated.
func (d *Directory) CreateAccount(ctx context.Context, a Account, key *AccessKey) (Account, AccessKey, error) {
	return d.createAccount(ctx, a, key, false)
}

// CreateFirstAccount is CreateAccount where there is no account yet: of several processes that
// begin at once, one makes it, and the others are refused as if it had been there.
func (d *Directory) CreateFirstAccount(ctx context.Context, a Account, key *AccessKey) (Account, AccessKey, error) {
	return d.createAccount(ctx, a, key, true)
}

func (d *Directory) createAccount(ctx context.Context, a Account, key *AccessKey, first bool) (Account, AccessKey, error) {
	var err error
	if a.ID == "" {
		if a.ID, err = newAccountID(d.random); err != nil {
			return Account{}, AccessKey{}, err
		}
	}
	if err := checkAccount(a); err != nil {
		return Account{}, AccessKey{}, err
	}
	k, sealed, err := d.newKey(key)
	if err != nil {
		return Account{}, AccessKey{}, err
	}
	a.CreateDate, k.AccountID = d.instant(), a.ID
	err = d.update(ctx, func(tx meta.Tx) error {
		if first {
			for _, err := range scanNames(tx, accountKey(""), "") {
				return cmp.Or(err, error(&Error{Kind: AlreadyExists, Entity: "Account"}))
			}
		}
		var row accountRow
		if ok, err := readRow(tx, accountKey(a.ID), &row); err != nil {
			return err
		} else if ok {
			return &Error{Kind: AlreadyExists, Entity: "Account"}
		}
		row = accountRow{Version: rowVersion, Name: a.Name, CreateDate: a.CreateDate}
		if err := writeRow(tx, accountKey(a.ID), row); err != nil {
			return err
		}
		return d.insertKey(tx, k, "", sealed)
	}, k.ID)
	if err != nil {
		return Account{}, AccessKey{}, err
	}
	return a, k, nil
}

// Accounts returns all accounts in the order of their ids.
func (d *Directory) Accounts(ctx context.Context) (accounts []Account, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		accounts = nil
		prefix := accountKey("")
		for name, err := range scanNames(s, prefix, "") {
			if err != nil {
				return err
			}
			var row accountRow
			if err := decodeRow(prefix+name[0], []byte(name[1]), &row); err != nil {
				return err
			}
			accounts = append(accounts, Account{ID: name[0], Name: row.Name, CreateDate: row.CreateDate})
		}
		return nil
	})
	return accounts, err
}

// EnsureAccount makes the account, or renames it where a has a name, and gives
// it the key, or the key the secret, where there is none. It reports what it did.
// A nil key leaves a new account without one.
func (d *Directory) EnsureAccount(ctx context.Context, a Account, key *AccessKey) ([]Change, error) {
	if err := checkAccount(a); err != nil {
		return nil, err
	}
	change := Change{Action: Unchanged, Entity: "account", Account: a.ID, Name: a.ID}
	err := d.update(ctx, func(tx meta.Tx) error {
		var row accountRow
		ok, err := readRow(tx, accountKey(a.ID), &row)
		switch {
		case err != nil:
			return err
		case !ok:
			change.Action = Created
			row = accountRow{Version: rowVersion, Name: a.Name, CreateDate: d.instant()}
		case a.Name != "" && a.Name != row.Name:
			change.Action = Updated
			row.Name = a.Name
		default:
			change.Action = Unchanged
			return nil
		}
		return writeRow(tx, accountKey(a.ID), row)
	})
	if err != nil {
		return nil, err
	}
	changes := []Change{change}
	if key == nil {
		return changes, nil
	}
	keyChange, err := d.ensureKey(ctx, a.ID, "", *key)
	if err != nil {
		return changes, err
	}
	return append(changes, keyChange), nil
}

func checkAccount(a Account) error {
	if err := checkAccountID(a.ID); err != nil {
		return err
	}
	return checkText("AccountName", a.Name, 128)
}

func wantAccount(s meta.Snapshot, id string) error {
	var row accountRow
	ok, err := readRow(s, accountKey(id), &row)
	if err == nil && !ok {
		err = &Error{Kind: NotExist, Entity: "Account"}
	}
	return err
}
