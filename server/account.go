package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"ossd/access"
	"ossd/objectstore"
)

// ensureAccount makes the first account and its key, from what was configured
// or at random, and sees to it that a configured key is the account's.
func (s *Server) ensureAccount(ctx context.Context) error {
	accounts, err := s.directory.Accounts(ctx)
	if err != nil {
		return err
	}
	key := &access.AccessKey{ID: s.AccessKeyID, Secret: s.AccessKeySecret}
	if (key.ID == "") != (key.Secret == "") {
		return errors.New("give both an access key id and its secret (OSSD_ACCESS_KEY_ID, OSSD_ACCESS_KEY_SECRET), or neither")
	}
	if key.ID == "" {
		key = nil
	}
	if len(accounts) == 0 && s.Declaration == nil {
		return s.makeAccount(ctx, key)
	}
	id := s.AccountID
	if id == "" && len(accounts) > 0 {
		id = accounts[0].ID
	}
	if id == "" { // the declaration makes the first account
		return nil
	}
	changes, err := s.directory.EnsureAccount(ctx, access.Account{ID: id}, key)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if c.Action != access.Unchanged {
			s.Changes = append(s.Changes, c)
		}
	}
	s.Account = access.Account{ID: id}
	if key != nil {
		s.Root = RootKey{AccessKeyID: key.ID, Secret: key.Secret}
	}
	return nil
}

// makeAccount makes the first account. A key of our making is written down
// before the account exists: a start that fails in between makes another one,
// but none can leave an account whose key nobody knows.
func (s *Server) makeAccount(ctx context.Context, given *access.AccessKey) error {
	id, key, err := access.NewAccount(rand.Reader)
	if err != nil {
		return err
	}
	if s.AccountID != "" {
		id = s.AccountID
	}
	s.Account, s.Root = access.Account{ID: id, Name: "default"}, RootKey{AccessKeyID: key.ID, Secret: key.Secret, Created: true}
	if given != nil {
		key, s.Root = *given, RootKey{AccessKeyID: given.ID, Secret: given.Secret}
	}
	if err := s.keepCredentials(); err != nil {
		return err
	}
	_, _, err = s.directory.CreateFirstAccount(ctx, s.Account, &key)
	if refusal := (*access.Error)(nil); errors.As(err, &refusal) && refusal.Kind == access.AlreadyExists {
		return s.comeSecond(ctx)
	}
	return err
}

// comeSecond gives up an account that another node has made meanwhile.
func (s *Server) comeSecond(ctx context.Context) error {
	if s.Root.Created && s.CredentialsFile != "" {
		if err := os.Remove(s.CredentialsFile); err != nil {
			return err
		}
	}
	s.Account, s.Root, s.CredentialsFile = access.Account{}, RootKey{}, ""
	return s.ensureAccount(ctx)
}

// applyDeclaration brings identities and buckets to what the bootstrap file says.
func (s *Server) applyDeclaration(ctx context.Context) error {
	if s.Declaration == nil {
		return nil
	}
	changes, err := s.directory.Apply(ctx, *s.Declaration)
	s.Changes = append(s.Changes, changes...)
	if err != nil {
		return fmt.Errorf("applying the declaration: %w", err)
	}
	for _, account := range s.Declaration.Accounts {
		if s.Account.ID == "" {
			s.Account = access.Account{ID: account.ID, Name: account.Name}
			s.Root = RootKey{AccessKeyID: account.AccessKeyID, Secret: account.AccessKeySecret}
		}
		for _, b := range account.Buckets {
			change, err := s.ensureBucket(ctx, account.ID, b)
			if err != nil {
				return fmt.Errorf("applying the declaration: bucket %s: %w", b.Name, err)
			}
			s.Changes = append(s.Changes, change)
		}
	}
	return nil
}

// bucketChange is what comes of a bucket that is not there.
func bucketChange(account string, b access.BucketDeclaration) (access.Change, error) {
	change := access.Change{Action: access.Created, Entity: "bucket", Account: account, Name: b.Name}
	if acl := objectstore.ACL(b.ACL); acl != "" && !acl.ForBucket() {
		return change, fmt.Errorf("acl %q: use private, public-read or public-read-write", b.ACL)
	}
	return change, nil
}

func (s *Server) ensureBucket(ctx context.Context, account string, b access.BucketDeclaration) (access.Change, error) {
	change, err := bucketChange(account, b)
	if err != nil {
		return change, err
	}
	acl := objectstore.ACL(b.ACL)
	old, err := s.store.Bucket(ctx, b.Name)
	switch {
	case err == nil && (acl == "" || old.ACL == acl) && old.Owner == account:
		change.Action = access.Unchanged
		return change, nil
	case err == nil:
		change.Action = access.Updated
	case !errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}):
		return change, err
	}
	_, err = s.store.CreateBucket(ctx, objectstore.Bucket{ID: old.ID, Name: b.Name, Owner: account, ACL: acl})
	return change, err
}
