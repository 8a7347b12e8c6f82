package access

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// Config is what a Directory stands on. Rows and MasterKey are required.
type Config struct {
	Rows      meta.Store       // shared with others; the Directory keeps to its own range and does not close it
	MasterKey []byte           // 32 bytes; seals the key ring
	Now       func() time.Time // nil: time.Now
	Random    io.Reader        // nil: crypto/rand; used from many goroutines
	CacheSize int              // entries in each cache; 0: 4096
	Limits    Limits           // zero fields: the vendor's defaults

	// LocalIssuers are URLs of identity providers that need be neither public nor
	// https: the operator of this program vouches for them.
	LocalIssuers []string
}

const defaultCacheSize = 4096

// Limits bounds what an account may have.
type Limits struct {
	Users          int // 1000
	Groups         int // 50
	GroupsPerUser  int // 5
	Roles          int // 1000
	Policies       int // 1500 custom policies
	KeysPerUser    int // 2, also for the account itself
	PolicyDocument int // 6144 characters
	PolicyVersions int // 5
	Tags           int // 20 on one role or policy
	OIDCProviders  int // 100

	SystemPoliciesPerEntity int // 20
	CustomPoliciesPerUser   int // 10
	CustomPoliciesPerRole   int // 5
	CustomPoliciesPerGroup  int // 5
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		limit    *int
		standard int
	}{
		{&l.Users, 1000}, {&l.Groups, 50}, {&l.GroupsPerUser, 5}, {&l.Roles, 1000}, {&l.Policies, 1500}, {&l.KeysPerUser, 2}, {&l.PolicyDocument, 6144},
		{&l.PolicyVersions, 5}, {&l.Tags, 20}, {&l.OIDCProviders, 100},
		{&l.SystemPoliciesPerEntity, 20}, {&l.CustomPoliciesPerUser, 10}, {&l.CustomPoliciesPerRole, 5}, {&l.CustomPoliciesPerGroup, 5},
	} {
		if *f.limit == 0 {
			*f.limit = f.standard
		}
	}
	return l
}

// Directory answers who a request is from and what it may do, and keeps the
// records that these answers come from. Its methods may be called from many
// goroutines.
//
// Every change invalidates all caches through one generation number (see changes): what was
// read from rows is good only for the generation that was current before the
// reading began. Changes are rare, readings after one cost microseconds, and no
// change can be forgotten. Of changes by other processes it learns where the rows are a
// meta.Follower: see StaleBound. Elsewhere there must be no other Directory over the same rows.
type Directory struct {
	rows   meta.Store
	ring   atomic.Pointer[ring] // replaced by rotations
	master cipher.AEAD          // seals the ring
	now    func() time.Time
	random io.Reader
	limits Limits

	localIssuers []string
	rotating     sync.Mutex
	reloading    ringReload
	following    *following // nil: nobody else changes the rows

	changes     changes
	credentials *generational[string, *Credential] // permanent keys by id
	absent      *generational[string, error]       // ids that are no good; apart, so that made-up ids push out no good ones
	identities  *generational[identityID, *identity]
	sessions    *bounded[string, *session]         // opened tokens by text; a session does not change
	documents   *bounded[string, *policy.Document] // parsed documents by text

	used keyUses // uses of permanent keys that are yet to be written

	hooks struct {
		sync.RWMutex
		keyChange []func(accessKeyID string)
	}
}

// Open reads the key ring from the rows, and makes it on first use. It returns
// ErrMasterKey when the rows were made with another master key.
func Open(ctx context.Context, config Config) (*Directory, error) {
	if len(config.MasterKey) != ringKeySize {
		return nil, fmt.Errorf("access: the master key has %d bytes, must have %d", len(config.MasterKey), ringKeySize)
	}
	if config.Rows == nil {
		return nil, errors.New("access: no rows to work on")
	}
	d := &Directory{rows: config.Rows, now: config.Now, random: config.Random, limits: config.Limits.withDefaults(), localIssuers: config.LocalIssuers}
	if d.now == nil {
		d.now = time.Now
	}
	if d.random == nil {
		d.random = rand.Reader
	}
	size := config.CacheSize
	if size <= 0 {
		size = defaultCacheSize
	}
	d.credentials = newGenerational[string, *Credential](size)
	d.absent = newGenerational[string, error](size)
	d.identities = newGenerational[identityID, *identity](size)
	d.sessions = newBounded[string, *session](size)
	d.documents = newBounded[string, *policy.Document](size)

	var err error
	if d.master, err = newAEAD(config.MasterKey); err != nil {
		return nil, err
	}
	fresh, err := newRingRow(d.master, d.random, d.instant())
	if err != nil {
		return nil, err
	}
	var stored ringRow
	err = d.update(ctx, func(tx meta.Tx) (err error) {
		stored, err = ensureRing(tx, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	opened, err := openRing(stored, d.master, d.random)
	if err != nil {
		return nil, err
	}
	d.ring.Store(opened)
	d.follow()
	return d, nil
}

// Close writes down which keys were used and forgets what is cached. The rows
// stay open.
func (d *Directory) Close() error {
	d.following.end()
	d.closeUses()
	d.credentials.purge()
	d.absent.purge()
	d.identities.purge()
	d.sessions.purge()
	d.documents.purge()
	return nil
}

// OnKeyChange has f called after every change to an access key that may make an
// answer of Credential stale: creation, status, deletion, a new secret. It runs
// before the change is answered, so it must be quick and must not call back.
func (d *Directory) OnKeyChange(f func(accessKeyID string)) {
	d.hooks.Lock()
	defer d.hooks.Unlock()
	d.hooks.keyChange = append(d.hooks.keyChange, f)
}

func (d *Directory) keysChanged(ids []string) {
	d.hooks.RLock()
	defer d.hooks.RUnlock()
	for _, id := range ids {
		for _, f := range d.hooks.keyChange {
			f(id)
		}
	}
}

// update runs fn under one lock of all rows of this package: administrative
// changes are rare and small, and a single lock leaves no pair of them (delete
// a policy, attach it) that could pass each other. keys are the access keys
// that the change is about.
func (d *Directory) update(ctx context.Context, fn func(meta.Tx) error, keys ...string) error {
	begun, revision := false, ""
	if d.following != nil {
		var err error
		if revision, err = randomText(d.random, alphanumeric, 22); err != nil {
			return err
		}
	}
	err := d.rows.Update(ctx, []meta.Lock{meta.Exclusive(rowPrefix)}, func(tx meta.Tx) error {
		err := fn(tx)
		if err == nil {
			err = d.revise(tx, revision)
		}
		if err == nil && !begun {
			begun = true
			d.changes.begin()
		}
		return err
	})
	if begun {
		// Also after an error: a commit that failed may have happened.
		d.keysChanged(keys)
		d.changes.end()
	}
	return err
}

func (d *Directory) view(ctx context.Context, fn func(meta.Snapshot) error) error {
	return d.rows.View(ctx, fn)
}

// instant is the time as rows keep it.
func (d *Directory) instant() time.Time { return d.now().UTC().Truncate(time.Second) }
