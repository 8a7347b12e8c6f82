package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"ossd/engine/meta"
)

// Member is a user in a group.
type Member struct {
	User
	JoinDate time.Time
}

// Joined is a group that a user is in.
type Joined struct {
	Group
	JoinDate time.Time
}

// AddUserToGroup lets the policies of a group speak for a user too, at once.
func (d *Directory) AddUserToGroup(ctx context.Context, account, user, group string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		userID, groupID, joined, err := findMember(tx, account, user, group)
		if err != nil {
			return err
		}
		if joined {
			return &Error{Kind: AlreadyExists, Entity: "User.Group"}
		}
		n, err := countRows(tx, groupsOf(account, userID))
		if err != nil {
			return err
		}
		if n >= d.limits.GroupsPerUser {
			return &Error{Kind: LimitExceeded, Entity: "User.Group"}
		}
		if err := tx.Put([]byte(groupsOf(account, userID)+groupID), nil); err != nil {
			return err
		}
		return writeRow(tx, membersOf(account, groupID)+userID, memberRow{Version: rowVersion, JoinDate: d.instant()})
	})
}

// RemoveUserFromGroup ends what AddUserToGroup began, at once.
func (d *Directory) RemoveUserFromGroup(ctx context.Context, account, user, group string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		userID, groupID, joined, err := findMember(tx, account, user, group)
		if err != nil {
			return err
		}
		if !joined {
			return &Error{Kind: NotExist, Entity: "User.Group"}
		}
		if err := deleteRow(tx, groupsOf(account, userID)+groupID); err != nil {
			return err
		}
		return deleteRow(tx, membersOf(account, groupID)+userID)
	})
}

// Members lists the users in a group in the order of their ids, which keeps
// pages together while users are renamed.
func (d *Directory) Members(ctx context.Context, account, group string, p Page) (members []Member, next string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		groupID, err := findEntity(s, GroupEntity, account, group)
		if err != nil {
			return err
		}
		prefix := membersOf(account, groupID)
		members, next, err = listPage(s, prefix, p, nil, func(userID, value string) (m Member, err error) {
			var row memberRow
			if err := decodeRow(prefix+userID, []byte(value), &row); err != nil {
				return m, err
			}
			m.JoinDate = row.JoinDate
			m.User, err = readUser(s, account, userID)
			return m, err
		})
		return err
	})
	return members, next, err
}

// GroupsOf lists the groups that a user is in, in the order of their names.
func (d *Directory) GroupsOf(ctx context.Context, account, user string) (groups []Joined, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		groups = nil
		userID, err := findEntity(s, UserEntity, account, user)
		if err != nil {
			return err
		}
		for id, err := range scanNames(s, groupsOf(account, userID), "") {
			if err != nil {
				return err
			}
			var row memberRow
			if _, err := readRow(s, membersOf(account, id[0])+userID, &row); err != nil {
				return err
			}
			g, err := readGroup(s, account, id[0])
			if err != nil {
				return err
			}
			groups = append(groups, Joined{Group: g, JoinDate: row.JoinDate})
		}
		slices.SortFunc(groups, func(a, b Joined) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
		return nil
	})
	return groups, err
}

// findMember finds both ends, and whether they are tied.
func findMember(s meta.Snapshot, account, user, group string) (userID, groupID string, joined bool, err error) {
	if userID, err = findEntity(s, UserEntity, account, user); err != nil {
		return "", "", false, err
	}
	if groupID, err = findEntity(s, GroupEntity, account, group); err != nil {
		return "", "", false, err
	}
	var row memberRow
	joined, err = readRow(s, membersOf(account, groupID)+userID, &row)
	return userID, groupID, joined, err
}
