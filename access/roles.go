package access

import (
	"context"
	"time"

	"ossd/engine/meta"
)

// RoleUpdate says what to change; nil leaves a field, "" clears the description.
type RoleUpdate struct {
	TrustPolicy        *string
	MaxSessionDuration *time.Duration
	Description        *string
}

// CreateRole makes a role with Name, TrustPolicy and the optional Description,
// MaxSessionDuration (0: one hour) and Tags of r; ID and dates are set here.
func (d *Directory) CreateRole(ctx context.Context, r Role) (Role, error) {
	if err := checkName("RoleName", r.Name, 1, 64, roleNameMarks); err != nil {
		return Role{}, err
	}
	row := roleRow{Version: rowVersion, Name: r.Name, CreateDate: d.instant()}
	row.UpdateDate = row.CreateDate
	var err error
	if row.Tags, err = d.withTags(nil, r.Tags); err != nil {
		return Role{}, err
	}
	change := RoleUpdate{TrustPolicy: &r.TrustPolicy, Description: &r.Description, MaxSessionDuration: &r.MaxSessionDuration}
	if r.MaxSessionDuration == 0 {
		row.MaxSeconds, change.MaxSessionDuration = int64(minMaxSessionDuration/time.Second), nil
	}
	id, err := newEntityID(d.random, RoleEntity)
	if err != nil {
		return Role{}, err
	}
	err = d.update(ctx, func(tx meta.Tx) error {
		if err := wantAccount(tx, r.AccountID); err != nil {
			return err
		}
		if err := d.applyRole(tx, r.AccountID, &row, change, ""); err != nil {
			return err
		}
		if err := claimName(tx, RoleEntity, r.AccountID, r.Name, id, d.limits.Roles); err != nil {
			return err
		}
		return writeRow(tx, entityKey(RoleEntity, r.AccountID, id), row)
	})
	if err != nil {
		return Role{}, err
	}
	return row.role(r.AccountID, id), nil
}

// Role returns a role by name.
func (d *Directory) Role(ctx context.Context, account, name string) (r Role, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		id, err := findEntity(s, RoleEntity, account, name)
		if err != nil {
			return err
		}
		r, err = readRole(s, account, id)
		return err
	})
	return r, err
}

// UpdateRole changes a role. Sessions that are under way go on, whatever the
// trust policy now says; RevokeSessions ends them.
func (d *Directory) UpdateRole(ctx context.Context, account, name string, change RoleUpdate) (Role, error) {
	return d.changeRole(ctx, account, name, func(tx meta.Tx, row *roleRow) error {
		row.UpdateDate = d.instant()
		return d.applyRole(tx, account, row, change, "New")
	})
}

// RevokeSessions ends every session of the role that was issued at or before an
// instant, and every session that was begun through one. Zero is now. An
// instant to come is refused: it would end sessions that nobody has begun. What
// was revoked stays so, whatever instant is named later.
func (d *Directory) RevokeSessions(ctx context.Context, account, name string, before time.Time) (Role, error) {
	return d.changeRole(ctx, account, name, func(tx meta.Tx, row *roleRow) error {
		now := d.now()
		if before.After(now) {
			return &Error{Kind: InvalidFormat, Parameter: "BeforeTime"}
		}
		instant := before
		if before.IsZero() {
			instant = now
		}
		// As fine as tokens keep their instant of issue.
		if instant = instant.UTC().Truncate(time.Millisecond); instant.After(row.RevokedBefore) {
			row.RevokedBefore = instant
		}
		return nil
	})
}

func (d *Directory) changeRole(ctx context.Context, account, name string, change func(meta.Tx, *roleRow) error) (r Role, err error) {
	err = d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, RoleEntity, account, name)
		if err != nil {
			return err
		}
		var row roleRow
		if _, err := readRow(tx, entityKey(RoleEntity, account, id), &row); err != nil {
			return err
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		r = row.role(account, id)
		return writeRow(tx, entityKey(RoleEntity, account, id), row)
	})
	return r, err
}

// applyRole checks and sets what change names.
func (d *Directory) applyRole(s meta.Snapshot, account string, row *roleRow, change RoleUpdate, prefix string) error {
	if to := change.Description; to != nil {
		if err := checkText(prefix+"Description", *to, 1024); err != nil {
			return err
		}
		row.Description = *to
	}
	if to := change.MaxSessionDuration; to != nil {
		if *to < minMaxSessionDuration || *to > maxSessionDuration || *to%time.Second != 0 {
			return &Error{Kind: InvalidFormat, Parameter: prefix + "MaxSessionDuration"}
		}
		row.MaxSeconds = int64(*to / time.Second)
	}
	if to := change.TrustPolicy; to != nil {
		text, err := d.checkTrust(s, account, prefix+"AssumeRolePolicyDocument", *to)
		if err != nil {
			return err
		}
		row.TrustPolicy = text
	}
	return nil
}

// DeleteRole removes a role that no policy is attached to. It ends its sessions.
func (d *Directory) DeleteRole(ctx context.Context, account, name string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, RoleEntity, account, name)
		if err != nil {
			return err
		}
		return deleteEntity(tx, RoleEntity, account, name, id)
	})
}

// Roles lists roles in the order of their names, those that have all of tags. A
// tag without a value stands for any value.
func (d *Directory) Roles(ctx context.Context, account string, p Page, tags ...Tag) (roles []Role, next string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) (err error) {
		roles, next, err = listPage(s, namesOf(RoleEntity, account), p, func(r Role) bool { return haveTags(r.Tags, tags) }, func(_, id string) (Role, error) {
			return readRole(s, account, id)
		})
		return err
	})
	return roles, next, err
}

func (r *roleRow) role(account, id string) Role {
	return Role{
		AccountID: account, ID: id, Name: r.Name, Description: r.Description, TrustPolicy: r.TrustPolicy,
		MaxSessionDuration: time.Duration(r.MaxSeconds) * time.Second, SessionsRevokedBefore: r.RevokedBefore,
		Tags:       r.Tags,
		CreateDate: r.CreateDate, UpdateDate: r.UpdateDate,
	}
}

func readRole(s meta.Snapshot, account, id string) (Role, error) {
	var row roleRow
	if _, err := readRow(s, entityKey(RoleEntity, account, id), &row); err != nil {
		return Role{}, err
	}
	return row.role(account, id), nil
}
