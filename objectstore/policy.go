package objectstore

import (
	"context"
	"errors"

	"ossd/engine/meta"
)

// MaxPolicySize bounds a bucket policy, in bytes (vendor documentation "PutBucketPolicy").
const MaxPolicySize = 16 << 10

// SetPolicy keeps the text of a bucket's policy, which the store does not read.
func (s *Store) SetPolicy(ctx context.Context, b Bucket, text string) error {
	id, err := s.newID()
	if err != nil {
		return err
	}
	return s.updateBucket(ctx, b, func(tx meta.Tx, now *Bucket) error {
		now.PolicyID = id
		return tx.Put(policyKey(b.Name), []byte(text))
	})
}

// DeletePolicy takes a bucket's policy away. That there is none is no error.
func (s *Store) DeletePolicy(ctx context.Context, b Bucket) error {
	return s.updateBucket(ctx, b, func(tx meta.Tx, now *Bucket) error {
		now.PolicyID = ""
		return tx.Delete(policyKey(b.Name))
	})
}

// Policy returns the text of a bucket's policy and its id, or NoSuchPolicy. It
// is the one of now, which may be a later one than b knows.
func (s *Store) Policy(ctx context.Context, b Bucket) (text, id string, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		now, err := sameBucket(rows, b)
		if err != nil {
			return err
		}
		if now.PolicyID == "" {
			return &Error{Kind: NoSuchPolicy, Bucket: b.Name}
		}
		row, err := rows.Get(policyKey(b.Name))
		text, id = string(row), now.PolicyID
		return err
	})
	return text, id, err
}

// SetPublicAccessBlock says whether what a bucket grants to the world counts for nothing.
func (s *Store) SetPublicAccessBlock(ctx context.Context, b Bucket, on bool) error {
	return s.updateBucket(ctx, b, func(_ meta.Tx, now *Bucket) error { now.BlockPublicAccess = on; return nil })
}

// SetAccountPublicAccessBlock says so for all buckets of an account.
func (s *Store) SetAccountPublicAccessBlock(ctx context.Context, account string, on bool) error {
	key := blockKey(account)
	return s.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(key))}, func(tx meta.Tx) error {
		if on {
			return tx.Put(key, nil)
		}
		return tx.Delete(key)
	})
}

// AccountPublicAccessBlock tells whether it was said of an account.
func (s *Store) AccountPublicAccessBlock(ctx context.Context, account string) (on bool, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		_, err := rows.Get(blockKey(account))
		if on = err == nil; errors.Is(err, meta.ErrNotFound) {
			return nil
		}
		return err
	})
	return on, err
}
