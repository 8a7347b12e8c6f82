package access

import (
	"context"

	"ossd/engine/meta"
)

// GroupUpdate says what to change; nil leaves a field, "" clears the comments.
type GroupUpdate struct {
	Name     *string
	Comments *string
}

// CreateGroup makes a group with Name and the optional Comments of g; ID and
// dates are set here.
func (d *Directory) CreateGroup(ctx context.Context, g Group) (Group, error) {
	row := groupRow{Version: rowVersion, Name: g.Name, Comments: g.Comments, CreateDate: d.instant()}
	row.UpdateDate = row.CreateDate
	if err := row.check(""); err != nil {
		return Group{}, err
	}
	id, err := newEntityID(d.random, GroupEntity)
	if err != nil {
		return Group{}, err
	}
	err = d.update(ctx, func(tx meta.Tx) error {
		if err := wantAccount(tx, g.AccountID); err != nil {
			return err
		}
		if err := claimName(tx, GroupEntity, g.AccountID, g.Name, id, d.limits.Groups); err != nil {
			return err
		}
		return writeRow(tx, entityKey(GroupEntity, g.AccountID, id), row)
	})
	if err != nil {
		return Group{}, err
	}
	return row.group(g.AccountID, id), nil
}

// Group returns a group by name.
func (d *Directory) Group(ctx context.Context, account, name string) (g Group, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		id, err := findEntity(s, GroupEntity, account, name)
		if err != nil {
			return err
		}
		g, err = readGroup(s, account, id)
		return err
	})
	return g, err
}

// UpdateGroup changes a group. A new name keeps the id, the members and the policies.
func (d *Directory) UpdateGroup(ctx context.Context, account, name string, change GroupUpdate) (g Group, err error) {
	err = d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, GroupEntity, account, name)
		if err != nil {
			return err
		}
		var row groupRow
		if _, err := readRow(tx, entityKey(GroupEntity, account, id), &row); err != nil {
			return err
		}
		old := row.Name
		if change.Name != nil {
			row.Name = *change.Name
		}
		if change.Comments != nil {
			row.Comments = *change.Comments
		}
		if err := row.check("New"); err != nil {
			return err
		}
		row.UpdateDate = d.instant()
		if row.Name != old {
			if err := deleteRow(tx, nameKey(GroupEntity, account, old)); err != nil {
				return err
			}
			if err := claimName(tx, GroupEntity, account, row.Name, id, d.limits.Groups); err != nil {
				return err
			}
		}
		g = row.group(account, id)
		return writeRow(tx, entityKey(GroupEntity, account, id), row)
	})
	return g, err
}

// DeleteGroup removes a group that has neither members nor policies.
func (d *Directory) DeleteGroup(ctx context.Context, account, name string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, GroupEntity, account, name)
		if err != nil {
			return err
		}
		if err := refuseWhileIn(tx, membersOf(account, id), "Group", "User"); err != nil {
			return err
		}
		return deleteEntity(tx, GroupEntity, account, name, id)
	})
}

// Groups lists groups in the order of their names.
func (d *Directory) Groups(ctx context.Context, account string, p Page) (groups []Group, next string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) (err error) {
		groups, next, err = listPage(s, namesOf(GroupEntity, account), p, nil, func(_, id string) (Group, error) {
			return readGroup(s, account, id)
		})
		return err
	})
	return groups, next, err
}

// check judges all fields. prefix is "New" where RAM names the parameters so.
func (r *groupRow) check(prefix string) error {
	if err := checkName(prefix+"GroupName", r.Name, 1, 64, groupNameMarks); err != nil {
		return err
	}
	return checkText(prefix+"Comments", r.Comments, 128)
}

func (r *groupRow) group(account, id string) Group {
	return Group{
		AccountID: account, ID: id, Name: r.Name, Comments: r.Comments,
		CreateDate: r.CreateDate, UpdateDate: r.UpdateDate,
	}
}

func readGroup(s meta.Snapshot, account, id string) (Group, error) {
	var row groupRow
	if _, err := readRow(s, entityKey(GroupEntity, account, id), &row); err != nil {
		return Group{}, err
	}
	return row.group(account, id), nil
}
