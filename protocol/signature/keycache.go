package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
)

// KeyCache keeps signing keys that are ready to use, so that V4 need not derive
// its key from the secret, a chain of four MACs, for every request. It is safe
// for concurrent use. A nil *KeyCache is valid and keeps nothing.
type KeyCache struct {
	half int // of the greatest number of keys

	mu sync.Mutex
	// Keys live in two generations. A full young one becomes the old one, and
	// what is used moves back: about least-recently-used, at the price of a map.
	young, old map[keyID]*macKey
}

// keyID identifies a signing key. The digest makes sure that a key which was
// derived from an earlier secret can never be found.
type keyID struct {
	scheme               Scheme
	accessKeyID          string
	day, region, product string
	secret               [sha256.Size]byte
}

// NewKeyCache makes a cache for at most size keys. A key takes about 1 KiB.
func NewKeyCache(size int) *KeyCache {
	return &KeyCache{half: max(size/2, 1), young: map[keyID]*macKey{}}
}

// Purge drops all keys of an access key. It is for tidiness, when the key was
// deleted: a changed secret is never answered from the cache anyway.
func (k *KeyCache) Purge(accessKeyID string) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, generation := range []map[keyID]*macKey{k.young, k.old} {
		for id := range generation {
			if id.accessKeyID == accessKeyID {
				delete(generation, id)
			}
		}
	}
}

// signingKey is a key ready to use. It belongs into the cache only once it has
// proved something, so that nobody without the secret can push keys out.
type signingKey struct {
	*macKey
	id     keyID
	cached bool
}

// signingKey finds the key of a claim, or derives it.
func (k *KeyCache) signingKey(c *Claim, secret string) signingKey {
	var key signingKey
	if k != nil {
		key.id = keyIDOf(c, secret)
		key.macKey = k.lookup(key.id)
		key.cached = key.macKey != nil
	}
	if !key.cached {
		rules := schemeNamed(c.Scheme)
		key.macKey = newMACKey(rules.newHash, rules.deriveKey(c, secret))
	}
	return key
}

// proved keeps a key with which a signature was verified.
func (k *KeyCache) proved(key signingKey) {
	if !key.cached {
		k.add(key.id, key.macKey)
	}
}

func (k *KeyCache) lookup(id keyID) *macKey {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.young[id]
	if !ok {
		if key, ok = k.old[id]; ok {
			delete(k.old, id)
			k.insert(id, key)
		}
	}
	return key
}

func (k *KeyCache) add(id keyID, key *macKey) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.insert(id, key)
}

// insert needs k.mu.
func (k *KeyCache) insert(id keyID, key *macKey) {
	if len(k.young) >= k.half {
		k.old, k.young = k.young, make(map[keyID]*macKey)
	}
	// The strings of a claim point into the request; the cache outlives it.
	id.accessKeyID = strings.Clone(id.accessKeyID)
	id.day, id.region, id.product = strings.Clone(id.day), strings.Clone(id.region), strings.Clone(id.product)
	k.young[id] = key
}

// macKey makes MACs under one key. The hashes are pooled, since resetting one is
// far cheaper than expanding the key again.
type macKey struct{ hashes sync.Pool }

func newMACKey(newHash func() hash.Hash, key []byte) *macKey {
	return &macKey{sync.Pool{New: func() any { return hmac.New(newHash, key) }}}
}

// sum appends the MAC of text to dst.
func (k *macKey) sum(dst, text []byte) []byte {
	h := k.hashes.Get().(hash.Hash)
	h.Reset()
	h.Write(text)
	dst = h.Sum(dst)
	k.hashes.Put(h)
	return dst
}

func keyIDOf(c *Claim, secret string) keyID {
	return keyID{
		scheme:      c.Scheme,
		accessKeyID: c.AccessKeyID,
		day:         c.day,
		region:      c.Region,
		product:     c.Product,
		secret:      sha256.Sum256([]byte(secret)),
	}
}
