package access

import "ossd/engine/meta"

// What users, roles and groups have in common: a name that finds an id, and attachments.

// findEntity returns the id of a user, role or group by name, whatever its case.
func findEntity(s meta.Snapshot, t EntityType, account, name string) (id string, err error) {
	id, err = readText(s, nameKey(t, account, name))
	if err == nil && id == "" {
		err = &Error{Kind: NotExist, Entity: string(t)}
	}
	return id, err
}

// claimName gives name to id, if it is free and the account may have one more.
func claimName(tx meta.Tx, t EntityType, account, name, id string, limit int) error {
	holder, err := readText(tx, nameKey(t, account, name))
	if err != nil {
		return err
	}
	if holder != "" {
		return &Error{Kind: AlreadyExists, Entity: string(t)}
	}
	n, err := countRows(tx, namesOf(t, account))
	if err != nil {
		return err
	}
	if n >= limit {
		return &Error{Kind: LimitExceeded, Entity: string(t)}
	}
	return tx.Put([]byte(nameKey(t, account, name)), []byte(id))
}

// deleteEntity removes a user, role or group that no policy is attached to.
func deleteEntity(tx meta.Tx, t EntityType, account, name, id string) error {
	if err := refuseWhileIn(tx, attachmentsOf(account, id), string(t), "Policy"); err != nil {
		return err
	}
	if err := deleteRow(tx, nameKey(t, account, name)); err != nil {
		return err
	}
	return deleteRow(tx, entityKey(t, account, id))
}

// refuseWhileIn is a DeleteConflict if there are rows that begin with prefix.
func refuseWhileIn(s meta.Snapshot, prefix, entity, holds string) error {
	n, err := countRows(s, prefix)
	if err == nil && n > 0 {
		err = &Error{Kind: DeleteConflict, Entity: entity, Parameter: holds}
	}
	return err
}
