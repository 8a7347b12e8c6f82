package rpc

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/access/policy"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestNonceWorksOnce(t *testing.T) {
	n := newNonces()
	use := func(key, text string, at time.Time, want error) {
		t.Helper()
		if err := n.use(share(key), key, text, at); !errors.Is(err, want) {
			t.Errorf("nonce %q of %q at %v: %v, want %v", text, key, at.Sub(noon), err, want)
		}
	}
	use("LTAIa", "n1", noon, nil)
	use("LTAIa", "n1", noon, errNonceUsed)
	use("LTAIa", "n2", noon, nil)
	use("LTAIb", "n1", noon, nil)
	use("LTAIbn", "1", noon, nil) // key and nonce are told apart
	use("LTAIa", "n1", noon.Add(nonceRetention-time.Nanosecond), errNonceUsed)
	use("LTAIa", "n1", noon.Add(nonceRetention), nil)
	use("LTAIa", strings.Repeat("x", maxNonceLength), noon, nil)
	use("LTAIa", strings.Repeat("x", maxNonceLength+1), noon, errNonceLength)
}

// A replay that was accepted at the very beginning of its validity is refused
// until the very end.
func TestNonceRetentionCoversTheWindow(t *testing.T) {
	const window = 15 * time.Minute
	if nonceRetention < 2*window {
		t.Errorf("nonces are kept for %v, requests are good for %v", nonceRetention, 2*window)
	}
}

func TestNonceRaceHasOneWinner(t *testing.T) {
	n := newNonces()
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if n.use(share("q"), "LTAIa", "same", noon) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 32 equal requests passed, want 1", won.Load())
	}
}

// One who floods harms himself alone, and time heals it.
func TestNonceFloodIsBounded(t *testing.T) {
	n := newNonces()
	n.total = 15
	if err := n.use(share("other"), "LTAIother", "precious", noon); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := n.use(share("flood"), "LTAIflood", fmt.Sprint(i), noon); err != nil {
			t.Fatalf("nonce %d: %v", i, err)
		}
	}
	if err := n.use(share("flood"), "LTAIflood", "more", noon); err != errThrottledUser {
		t.Errorf("beyond the share: %v, want %v", err, errThrottledUser)
	}
	if err := n.use(share("flood"), "LTAIflood", "3", noon); err != errNonceUsed {
		t.Errorf("a replay beyond the share: %v, want %v", err, errNonceUsed)
	}
	if err := n.use(share("other"), "LTAIother", "precious", noon); err != errNonceUsed {
		t.Errorf("another's replay after the flood: %v, want %v", err, errNonceUsed)
	}
	for i := range 4 {
		if err := n.use(share("other"), "LTAIother", fmt.Sprint(i), noon); err != nil {
			t.Errorf("another's nonce %d: %v", i, err)
		}
	}
	if err := n.use(share("third"), "LTAIthird", "1", noon); err != errUnavailable {
		t.Errorf("beyond the total: %v, want %v", err, errUnavailable)
	}
	later := noon.Add(nonceRetention)
	if err := n.use(share("flood"), "LTAIflood", "more", later); err != nil {
		t.Errorf("after the flood: %v", err)
	}
	if len(n.seen) != 1 || len(n.queue) != 1 || len(n.used) != 1 {
		t.Errorf("remembered after expiry: %d nonces, %d queued, %d quotas, want 1 of each", len(n.seen), len(n.queue), len(n.used))
	}
}

func BenchmarkNonce(b *testing.B) {
	n := newNonces()
	at := noon
	for i := range b.N {
		at = at.Add(20 * time.Millisecond)
		if err := n.use([]quota{{"q", nonceShare}}, "LTAIa", fmt.Sprint(i), at); err != nil {
			b.Fatal(err)
		}
	}
}

func share(name string) []quota { return []quota{{name, 10}} }

// A user who floods the memory locks out neither the other users nor the account.
func TestQuotas(t *testing.T) {
	n := newNonces()
	now := time.Now()
	user := quotasOf(policy.Principal{Type: policy.User, AccountID: "1", UserID: "2"})
	for i := 0; ; i++ {
		if err := n.use(user, "LTAIflood", fmt.Sprint(i), now); err == errThrottledUser {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []policy.Principal{
		{Type: policy.Account, AccountID: "1"}, {Type: policy.User, AccountID: "1", UserID: "3"},
		{Type: policy.RoleSession, AccountID: "1", RoleID: "4"}, {Type: policy.User, AccountID: "5", UserID: "6"},
	} {
		if err := n.use(quotasOf(p), "LTAIother"+p.ARN()+p.UserID+p.RoleID, "nonce", now); err != nil {
			t.Errorf("%+v beside the flood: %v", p, err)
		}
	}
}
