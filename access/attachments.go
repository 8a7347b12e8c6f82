package access

import (
	"context"
	"strings"

	"ossd/engine/meta"
)

// Attach lets a policy speak for a user, a role, or the members of a group, at once.
func (d *Directory) Attach(ctx context.Context, account, policyType, policyName string, t EntityType, entityName string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		p, id, err := findAttachment(tx, account, policyType, policyName, t, entityName)
		if err != nil {
			return err
		}
		key := attachmentKey(account, id, policyType, policyName)
		var row attachmentRow
		if ok, err := readRow(tx, key, &row); err != nil {
			return err
		} else if ok {
			return &Error{Kind: AlreadyExists, Entity: string(t) + ".Policy"}
		}
		n, err := countRows(tx, attachmentsOf(account, id)+policyType+"/")
		if err != nil {
			return err
		}
		if n >= d.limits.attachments(policyType, t) {
			return &Error{Kind: LimitExceeded, Entity: string(t) + ".Policy"}
		}
		if err := tx.Put([]byte(attachedTo(account, policyType, policyName)+id), nil); err != nil {
			return err
		}
		return writeRow(tx, key, attachmentRow{Version: rowVersion, PolicyName: p.Name, AttachDate: d.instant()})
	})
}

// Detach ends what Attach began, at once.
func (d *Directory) Detach(ctx context.Context, account, policyType, policyName string, t EntityType, entityName string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		_, id, err := findAttachment(tx, account, policyType, policyName, t, entityName)
		if err != nil {
			return err
		}
		key := attachmentKey(account, id, policyType, policyName)
		var row attachmentRow
		if ok, err := readRow(tx, key, &row); err != nil {
			return err
		} else if !ok {
			return &Error{Kind: NotExist, Entity: string(t) + ".Policy"}
		}
		if err := deleteRow(tx, attachedTo(account, policyType, policyName)+id); err != nil {
			return err
		}
		return deleteRow(tx, key)
	})
}

// PoliciesOf lists what is attached to a user, role or group itself: custom
// policies, then the system's, each in the order of their names.
func (d *Directory) PoliciesOf(ctx context.Context, account string, t EntityType, entityName string) (attached []Attachment, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		attached = nil
		if err := checkEntityType(t); err != nil {
			return err
		}
		id, err := findEntity(s, t, account, entityName)
		if err != nil {
			return err
		}
		spelled, err := nameOf(s, account, id)
		if err != nil {
			return err
		}
		prefix := attachmentsOf(account, id)
		for name, err := range scanNames(s, prefix, "") {
			if err != nil {
				return err
			}
			var row attachmentRow
			if err := decodeRow(prefix+name[0], []byte(name[1]), &row); err != nil {
				return err
			}
			policyType, _, _ := strings.Cut(name[0], "/")
			attached = append(attached, Attachment{
				PolicyType: policyType, PolicyName: row.PolicyName,
				EntityType: t, EntityName: spelled, AttachDate: row.AttachDate,
			})
		}
		return nil
	})
	return attached, err
}

// EntitiesOf lists whom a policy is attached to: users, then roles, then groups.
func (d *Directory) EntitiesOf(ctx context.Context, account, policyType, policyName string) (attached []Attachment, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		attached = nil
		p, err := readPolicy(s, account, policyType, policyName)
		if err != nil {
			return err
		}
		for id, err := range scanNames(s, attachedTo(account, policyType, policyName), "") {
			if err != nil {
				return err
			}
			a := Attachment{PolicyType: policyType, PolicyName: p.Name, EntityType: entityTypeOf(id[0])}
			var row attachmentRow
			if _, err := readRow(s, attachmentKey(account, id[0], policyType, policyName), &row); err != nil {
				return err
			}
			a.AttachDate = row.AttachDate
			if a.EntityName, err = nameOf(s, account, id[0]); err != nil {
				return err
			}
			attached = append(attached, a)
		}
		return nil
	})
	return attached, err
}

// findAttachment finds both ends.
func findAttachment(s meta.Snapshot, account, policyType, policyName string, t EntityType, entityName string) (p Policy, id string, err error) {
	if p, err = readPolicy(s, account, policyType, policyName); err != nil {
		return p, "", err
	}
	if err := checkEntityType(t); err != nil {
		return p, "", err
	}
	id, err = findEntity(s, t, account, entityName)
	return p, id, err
}

// nameOf returns the name of a user, role or group as it is spelled.
func nameOf(s meta.Snapshot, account, id string) (string, error) {
	var row struct {
		Name string `json:"name"`
	}
	_, err := readRow(s, entityKey(entityTypeOf(id), account, id), &row)
	return row.Name, err
}

func checkEntityType(t EntityType) error {
	if t != UserEntity && t != RoleEntity && t != GroupEntity {
		return &Error{Kind: InvalidFormat, Parameter: "EntityType"}
	}
	return nil
}

func (l *Limits) attachments(policyType string, t EntityType) int {
	switch {
	case policyType == SystemPolicy:
		return l.SystemPoliciesPerEntity
	case t == RoleEntity:
		return l.CustomPoliciesPerRole
	case t == GroupEntity:
		return l.CustomPoliciesPerGroup
	}
	return l.CustomPoliciesPerUser
}
