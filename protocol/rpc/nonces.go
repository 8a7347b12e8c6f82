package rpc

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

const (
	// A request is accepted from 15 minutes before its timestamp until 15
	// minutes after, so a replay can come as late as 30 minutes after the first.
	// The last minute is for requests that read the clock and then have to wait.
	nonceRetention = 31 * time.Minute

	maxNonceLength = 128 // observed: 18 to 64

	// The vendor documents 100 calls a second and account; nobody who stays
	// within that meets the share. A nonce takes about 100 bytes.
	nonceShare = 100 * 60 * 30
	maxNonces  = 1_000_000
)

// nonces remembers which nonces were used, so that a request works once. Its
// memory is bounded in total and by shares. When a bound is reached the new
// request is refused: to forget an old nonce in its stead would let anyone with
// a key of his own flood the memory until another's request can be replayed.
type nonces struct {
	retention time.Duration
	total     int

	mu    sync.Mutex
	seen  map[nonceID]struct{}
	used  map[string]int // by quota
	queue []nonce        // in order of use, which is that of expiry
}

// nonceID is a digest, so that the memory a nonce takes is fixed.
type nonceID [16]byte

type nonce struct {
	id      nonceID
	quotas  []quota
	expires time.Time
}

// quota is a named share of the memory, in nonces.
type quota struct {
	name  string
	share int
}

func newNonces() *nonces {
	return &nonces{
		retention: nonceRetention,
		total:     maxNonces,
		seen:      map[nonceID]struct{}{},
		used:      map[string]int{},
	}
}

// use records a nonce of an access key, at the expense of all quotas. Of several
// equal ones at once exactly one succeeds.
func (n *nonces) use(quotas []quota, accessKeyID, text string, now time.Time) error {
	if text == "" {
		return Missing("SignatureNonce")
	}
	if len(text) > maxNonceLength {
		return errNonceLength
	}
	id := newNonceID(accessKeyID, text)

	n.mu.Lock()
	defer n.mu.Unlock()
	n.expire(now)
	if _, used := n.seen[id]; used {
		return errNonceUsed
	}
	for _, q := range quotas {
		if n.used[q.name] >= q.share {
			return errThrottledUser
		}
	}
	if len(n.seen) >= n.total {
		return errUnavailable
	}
	n.seen[id] = struct{}{}
	for _, q := range quotas {
		n.used[q.name]++
	}
	n.queue = append(n.queue, nonce{id, quotas, now.Add(n.retention)})
	return nil
}

// expire forgets what can no longer be replayed. Popping by slicing is fine:
// append moves what is left to a new array before the old one grows.
func (n *nonces) expire(now time.Time) {
	for len(n.queue) > 0 && !now.Before(n.queue[0].expires) {
		old := n.queue[0]
		n.queue = n.queue[1:]
		delete(n.seen, old.id)
		for _, q := range old.quotas {
			if n.used[q.name]--; n.used[q.name] == 0 {
				delete(n.used, q.name)
			}
		}
	}
}

func newNonceID(accessKeyID, text string) nonceID {
	b := binary.AppendUvarint(nil, uint64(len(accessKeyID)))
	b = append(b, accessKeyID...)
	b = append(b, text...)
	sum := sha256.Sum256(b)
	return nonceID(sum[:16])
}
