package access

import (
	"context"
	"strings"

	"ossd/engine/meta"
)

// SetAccountAlias gives the account a name of its own. The one that it had is free again.
func (d *Directory) SetAccountAlias(ctx context.Context, account, alias string) error {
	if err := checkAlias(alias); err != nil {
		return err
	}
	return d.changeAlias(ctx, account, alias)
}

// ClearAccountAlias takes the alias away, if there is one.
func (d *Directory) ClearAccountAlias(ctx context.Context, account string) error {
	return d.changeAlias(ctx, account, "")
}

// AccountAlias returns the alias of the account, "" if it has none.
func (d *Directory) AccountAlias(ctx context.Context, account string) (alias string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		var row accountRow
		_, err := readRow(s, accountKey(account), &row)
		alias = row.Alias
		return err
	})
	return alias, err
}

func (d *Directory) changeAlias(ctx context.Context, account, alias string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		var row accountRow
		if ok, err := readRow(tx, accountKey(account), &row); err != nil {
			return err
		} else if !ok {
			return &Error{Kind: NotExist, Entity: "Account"}
		}
		if row.Alias == alias {
			return nil
		}
		if alias != "" {
			holder, err := readText(tx, aliasKey(alias))
			if err != nil {
				return err
			}
			if holder != "" {
				return &Error{Kind: AlreadyExists, Entity: "AccountAlias"}
			}
			if err := tx.Put([]byte(aliasKey(alias)), []byte(account)); err != nil {
				return err
			}
		}
		if row.Alias != "" {
			if err := deleteRow(tx, aliasKey(row.Alias)); err != nil {
				return err
			}
		}
		row.Alias = alias
		return writeRow(tx, accountKey(account), row)
	})
}

// checkAlias wants 3 to 63 lower-case letters, digits and hyphens, with no hyphen
// at either end and no two in a row.
func checkAlias(alias string) error {
	if len(alias) < 3 || len(alias) > 63 {
		return &Error{Kind: InvalidLength, Parameter: "AccountAlias"}
	}
	for _, r := range alias {
		if !isAlphanumeric(r) && r != '-' || 'A' <= r && r <= 'Z' {
			return &Error{Kind: InvalidFormat, Parameter: "AccountAlias"}
		}
	}
	if alias[0] == '-' || alias[len(alias)-1] == '-' || strings.Contains(alias, "--") {
		return &Error{Kind: InvalidFormat, Parameter: "AccountAlias"}
	}
	return nil
}
