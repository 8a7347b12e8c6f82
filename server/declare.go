package server

import (
	"bytes"
	"context"
	"errors"

	"ossd/access"
	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/objectstore"
	"ossd/protocol/admin"
)

// declare brings identities and buckets to what is declared, or tells what that
// would change. Whatever is wrong with a declaration shows in a rehearsal on a
// copy of the rows, before anything is changed.
func (s *Server) declare(ctx context.Context, declared access.Declaration, dryRun bool) ([]access.Change, error) {
	planned, err := s.rehearse(ctx, declared)
	if err != nil || dryRun {
		return planned, err
	}
	changes, err := s.directory.Apply(ctx, declared)
	if err != nil {
		return nil, err
	}
	for _, a := range declared.Accounts {
		for _, b := range a.Buckets {
			change, err := s.ensureBucket(ctx, a.ID, b)
			if err != nil {
				return nil, err
			}
			changes = append(changes, change)
		}
	}
	return changes, nil
}

func (s *Server) rehearse(ctx context.Context, declared access.Declaration) ([]access.Change, error) {
	rows := memory.New()
	defer rows.Close()
	if err := copyAccess(ctx, rows, s.Rows); err != nil {
		return nil, err
	}
	directory, err := access.Open(ctx, access.Config{Rows: rows, MasterKey: s.MasterKey, Now: s.Now, LocalIssuers: s.OIDCIssuers})
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	changes, err := directory.Apply(ctx, declared)
	if err != nil {
		return nil, admin.MalformedDeclaration(err)
	}
	for _, a := range declared.Accounts {
		for _, b := range a.Buckets {
			change, err := s.planBucket(ctx, a.ID, b)
			if err != nil {
				return nil, err
			}
			changes = append(changes, change)
		}
	}
	return changes, nil
}

// copyAccess copies the rows of package access, as they are at one instant.
func copyAccess(ctx context.Context, to, from meta.Store) error {
	all := []byte("A")
	return from.View(ctx, func(rows meta.Snapshot) error {
		return to.Update(ctx, []meta.Lock{meta.Exclusive("A")}, func(tx meta.Tx) error {
			for row, err := range rows.Scan(all, meta.PrefixEnd(all)) {
				if err != nil {
					return err
				}
				if err := tx.Put(bytes.Clone(row.Key), row.Value); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// planBucket tells what ensureBucket would do.
func (s *Server) planBucket(ctx context.Context, account string, b access.BucketDeclaration) (access.Change, error) {
	change, err := bucketChange(account, b)
	if err != nil {
		return change, admin.MalformedDeclaration(err)
	}
	if !objectstore.ValidBucketName(b.Name) {
		return change, admin.MalformedDeclaration(&objectstore.Error{Kind: objectstore.InvalidBucketName, Bucket: b.Name})
	}
	old, err := s.store.Bucket(ctx, b.Name)
	switch {
	case errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}):
		return change, nil
	case err != nil:
		return change, err
	case old.Owner != account:
		return change, admin.MalformedDeclaration(&objectstore.Error{Kind: objectstore.BucketAlreadyExists, Bucket: b.Name})
	}
	if change.Action = access.Updated; b.ACL == "" || old.ACL == objectstore.ACL(b.ACL) {
		change.Action = access.Unchanged
	}
	return change, nil
}
