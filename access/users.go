package access

import (
	"context"

	"ossd/engine/meta"
)

// UserUpdate says what to change; nil leaves a field, "" clears it.
type UserUpdate struct {
	Name        *string
	DisplayName *string
	MobilePhone *string
	Email       *string
	Comments    *string
}

// CreateUser makes a user with Name and the optional fields of u; ID and dates
// are set here, and DisplayName becomes Name if it is empty.
func (d *Directory) CreateUser(ctx context.Context, u User) (User, error) {
	row := userRow{
		Version: rowVersion, Name: u.Name, DisplayName: u.DisplayName, MobilePhone: u.MobilePhone,
		Email: u.Email, Comments: u.Comments, CreateDate: d.instant(),
	}
	row.UpdateDate = row.CreateDate
	if row.DisplayName == "" {
		row.DisplayName = row.Name
	}
	if err := row.check(""); err != nil {
		return User{}, err
	}
	id, err := newEntityID(d.random, UserEntity)
	if err != nil {
		return User{}, err
	}
	err = d.update(ctx, func(tx meta.Tx) error {
		if err := wantAccount(tx, u.AccountID); err != nil {
			return err
		}
		if err := claimName(tx, UserEntity, u.AccountID, u.Name, id, d.limits.Users); err != nil {
			return err
		}
		return writeRow(tx, entityKey(UserEntity, u.AccountID, id), row)
	})
	if err != nil {
		return User{}, err
	}
	return row.user(u.AccountID, id), nil
}

// User returns a user by name.
func (d *Directory) User(ctx context.Context, account, name string) (u User, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		id, err := findEntity(s, UserEntity, account, name)
		if err != nil {
			return err
		}
		u, err = readUser(s, account, id)
		return err
	})
	return u, err
}

// UpdateUser changes a user. A new name keeps the id, the keys, the attachments
// and the sessions; trust policies that name the old ARN stop matching.
func (d *Directory) UpdateUser(ctx context.Context, account, name string, change UserUpdate) (u User, err error) {
	err = d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, UserEntity, account, name)
		if err != nil {
			return err
		}
		var row userRow
		if _, err := readRow(tx, entityKey(UserEntity, account, id), &row); err != nil {
			return err
		}
		old := row.Name
		for field, to := range map[*string]*string{
			&row.Name: change.Name, &row.DisplayName: change.DisplayName, &row.MobilePhone: change.MobilePhone,
			&row.Email: change.Email, &row.Comments: change.Comments,
		} {
			if to != nil {
				*field = *to
			}
		}
		if err := row.check("New"); err != nil {
			return err
		}
		row.UpdateDate = d.instant()
		if row.Name != old {
			if err := deleteRow(tx, nameKey(UserEntity, account, old)); err != nil {
				return err
			}
			if err := claimName(tx, UserEntity, account, row.Name, id, d.limits.Users); err != nil {
				return err
			}
		}
		u = row.user(account, id)
		return writeRow(tx, entityKey(UserEntity, account, id), row)
	})
	return u, err
}

// DeleteUser removes a user that has neither keys nor policies and is in no group. It ends the
// sessions that the user began.
func (d *Directory) DeleteUser(ctx context.Context, account, name string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, UserEntity, account, name)
		if err != nil {
			return err
		}
		if err := refuseWhileIn(tx, keysOf(account, id), "User", "AccessKey"); err != nil {
			return err
		}
		if err := refuseWhileIn(tx, groupsOf(account, id), "User", "Group"); err != nil {
			return err
		}
		return deleteEntity(tx, UserEntity, account, name, id)
	})
}

// Users lists users in the order of their names.
func (d *Directory) Users(ctx context.Context, account string, p Page) (users []User, next string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) (err error) {
		users, next, err = listPage(s, namesOf(UserEntity, account), p, nil, func(_, id string) (User, error) {
			return readUser(s, account, id)
		})
		return err
	})
	return users, next, err
}

// check judges all fields. prefix is "New" where RAM names the parameters so.
func (r *userRow) check(prefix string) error {
	for _, err := range []error{
		checkName(prefix+"UserName", r.Name, 1, 64, userNameMarks),
		checkText(prefix+"DisplayName", r.DisplayName, 128),
		checkMobilePhone(prefix+"MobilePhone", r.MobilePhone),
		checkEmail(prefix+"Email", r.Email),
		checkText(prefix+"Comments", r.Comments, 128),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *userRow) user(account, id string) User {
	return User{
		AccountID: account, ID: id, Name: r.Name, DisplayName: r.DisplayName, MobilePhone: r.MobilePhone,
		Email: r.Email, Comments: r.Comments, CreateDate: r.CreateDate, UpdateDate: r.UpdateDate,
	}
}

func readUser(s meta.Snapshot, account, id string) (User, error) {
	var row userRow
	if _, err := readRow(s, entityKey(UserEntity, account, id), &row); err != nil {
		return User{}, err
	}
	return row.user(account, id), nil
}
