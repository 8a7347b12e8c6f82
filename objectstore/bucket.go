package objectstore

import (
	"context"
	"errors"

	"ossd/engine/meta"
)

// Bucket returns a bucket, or NoSuchBucket.
func (s *Store) Bucket(ctx context.Context, name string) (b Bucket, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		b, err = readBucket(rows, name)
		return err
	})
	return b, err
}

func readBucket(rows meta.Snapshot, name string) (Bucket, error) {
	row, err := rows.Get(bucketKey(name))
	if errors.Is(err, meta.ErrNotFound) {
		return Bucket{}, &Error{Kind: NoSuchBucket, Bucket: name}
	}
	if err != nil {
		return Bucket{}, err
	}
	return decodeBucket(name, row)
}

// CreateBucket makes a bucket of b's name, owner and settings. If the owner has
// it already, an equal class and redundancy succeed and the ACL is applied
// (empty: left alone), as PutBucket of the service does. The ACL of a bucket
// other than the one whose ID is b's is not changed but refused as a conflict:
// who found no bucket has not asked whether its ACL may be changed.
func (s *Store) CreateBucket(ctx context.Context, b Bucket) (Bucket, error) {
	if !ValidBucketName(b.Name) {
		return Bucket{}, &Error{Kind: InvalidBucketName, Bucket: b.Name}
	}
	id, err := s.newID()
	if err != nil {
		return Bucket{}, err
	}
	var made Bucket
	locks := []meta.Lock{
		meta.Exclusive(string(bucketKey(b.Name))),
		// The whole range of the owner is held, so that two creations cannot both be the last one allowed.
		meta.Exclusive(string(ownedRange(b.Owner))),
	}
	err = s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		old, err := readBucket(tx, b.Name)
		switch {
		case err == nil:
			made, err = mergeBucket(old, b)
			if err != nil || made == old {
				return err
			}
			return tx.Put(bucketKey(b.Name), encodeBucket(made))
		case !errors.Is(err, &Error{Kind: NoSuchBucket}):
			return err
		}
		if err := s.checkBucketCount(tx, b); err != nil {
			return err
		}
		made = withDefaults(b)
		made.ID = id
		made.Created = s.Now().UTC()
		if err := tx.Put(bucketKey(b.Name), encodeBucket(made)); err != nil {
			return err
		}
		return tx.Put(ownedKey(b.Owner, b.Name), nil)
	})
	return made, err
}

func withDefaults(b Bucket) Bucket {
	if b.ACL == "" {
		b.ACL = Private
	}
	if b.StorageClass == "" {
		b.StorageClass = Standard
	}
	if b.Redundancy == "" {
		b.Redundancy = LRS
	}
	return b
}

// mergeBucket applies a repeated creation to the bucket that is there.
func mergeBucket(old, b Bucket) (Bucket, error) {
	if old.Owner != b.Owner {
		return Bucket{}, &Error{Kind: BucketAlreadyExists, Bucket: b.Name}
	}
	if b.StorageClass != "" && b.StorageClass != old.StorageClass || b.Redundancy != "" && b.Redundancy != old.Redundancy {
		return Bucket{}, &Error{Kind: BucketConflict, Bucket: b.Name}
	}
	if b.ACL == "" || b.ACL == old.ACL {
		return old, nil
	}
	if b.ID != old.ID {
		return Bucket{}, &Error{Kind: BucketConflict, Bucket: b.Name}
	}
	old.ACL = b.ACL
	return old, nil
}

func (s *Store) checkBucketCount(tx meta.Tx, b Bucket) error {
	owned := ownedRange(b.Owner)
	count := 0
	for _, err := range tx.Scan(owned, meta.PrefixEnd(owned)) {
		if err != nil {
			return err
		}
		if count++; count >= s.MaxBuckets {
			return &Error{Kind: TooManyBuckets, Bucket: b.Name}
		}
	}
	return nil
}

// DeleteBucket removes an empty bucket, if it still is the one that b describes. Nothing can be put into it meanwhile:
// every write of an object holds the bucket's lock shared.
func (s *Store) DeleteBucket(ctx context.Context, b Bucket) error {
	name := b.Name
	locks := []meta.Lock{
		meta.Exclusive(string(bucketKey(name))),
		meta.Exclusive(string(ownedRange(b.Owner))),
	}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		if _, err := sameBucket(tx, b); err != nil {
			return err
		}
		for _, below := range [...]struct {
			rows    []byte
			refusal Kind
		}{{objectRange(name), BucketNotEmpty}, {versionRange(name), BucketNotEmpty}, {uploadRange(name), BucketHasUploads}} {
			if err := refuseRows(tx, below.rows, &Error{Kind: below.refusal, Bucket: name}); err != nil {
				return err
			}
		}
		return errors.Join(tx.Delete(bucketKey(name)), tx.Delete(policyKey(name)), tx.Delete(ownedKey(b.Owner, name)))
	})
}

// refuseRows fails with refusal if there is any row in a range.
func refuseRows(tx meta.Tx, rows []byte, refusal error) error {
	for _, err := range tx.Scan(rows, meta.PrefixEnd(rows)) {
		if err != nil {
			return err
		}
		return refusal
	}
	return nil
}

// sameBucket returns the bucket as it is now. It fails with NoSuchBucket unless
// that is the one that was looked up, and so the one that access was granted to.
func sameBucket(rows meta.Snapshot, b Bucket) (Bucket, error) {
	now, err := readBucket(rows, b.Name)
	if err != nil {
		return now, err
	}
	if now.ID != b.ID {
		return now, &Error{Kind: NoSuchBucket, Bucket: b.Name}
	}
	return now, nil
}

// SetVersioning switches a bucket's versioning on or suspends it.
func (s *Store) SetVersioning(ctx context.Context, b Bucket, state Versioning) error {
	return s.updateBucket(ctx, b, func(_ meta.Tx, now *Bucket) error { now.Versioning = state; return nil })
}

// SetBucketACL gives a bucket another ACL.
func (s *Store) SetBucketACL(ctx context.Context, b Bucket, acl ACL) error {
	return s.updateBucket(ctx, b, func(_ meta.Tx, now *Bucket) error { now.ACL = acl; return nil })
}

// updateBucket changes a bucket's settings, if it still is the one that b describes.
func (s *Store) updateBucket(ctx context.Context, b Bucket, change func(meta.Tx, *Bucket) error) error {
	locks := []meta.Lock{meta.Exclusive(string(bucketKey(b.Name)))}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		old, err := sameBucket(tx, b)
		if err != nil {
			return err
		}
		now := old
		if err := change(tx, &now); err != nil || now == old {
			return err
		}
		return tx.Put(bucketKey(b.Name), encodeBucket(now))
	})
}

// BucketPage is one page of an account's buckets in the order of their names.
type BucketPage struct {
	Buckets    []Bucket
	More       bool
	NextMarker string // name of the last one, when More
}

// ListBuckets asks for one page of an account's buckets.
type ListBuckets struct {
	Account string
	Prefix  string
	After   string            // only names that are greater
	Limit   int               // buckets in a page
	Keep    func(Bucket) bool // nil: all
}

// scannedBuckets bounds how many rows one step of Buckets looks at.
const scannedBuckets = 1000

// Buckets lists, as of one instant.
func (s *Store) Buckets(ctx context.Context, q ListBuckets) (BucketPage, error) {
	var page BucketPage
	if q.Limit <= 0 {
		return page, nil
	}
	err := s.Rows.View(ctx, func(rows meta.Snapshot) error {
		for after := q.After; ; {
			list, err := rows.List(meta.ListQuery{
				Range: ownedRange(q.Account), Prefix: []byte(q.Prefix), After: []byte(after), Limit: scannedBuckets, KeysOnly: true,
			})
			if err != nil {
				return err
			}
			for _, e := range list.Entries {
				b, err := readBucket(rows, string(e.Name))
				if err != nil {
					return err
				}
				if q.Keep != nil && !q.Keep(b) {
					continue
				}
				if len(page.Buckets) == q.Limit {
					page.More, page.NextMarker = true, page.Buckets[q.Limit-1].Name
					return nil
				}
				page.Buckets = append(page.Buckets, b)
			}
			if !list.More {
				return nil
			}
			after = string(list.Entries[len(list.Entries)-1].Name)
		}
	})
	return page, err
}
