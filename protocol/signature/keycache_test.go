package signature

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestKeyCache(t *testing.T) {
	keys := NewKeyCache(4)
	r := virtual(t, "")
	if err := Presign(V4URL, r, Resource{Bucket: "examplebucket", Key: "k"}, permanent, testRegion, testNow, time.Hour); err != nil {
		t.Fatal(err)
	}
	c, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	candidates := []Resource{{Bucket: "examplebucket", Key: "k"}}
	verify := func(secret string) error {
		_, err := c.Verify(r, secret, candidates, keys)
		return err
	}
	if verify("wrong") == nil {
		t.Fatal("accepted with a wrong secret")
	}
	if n := len(keys.young) + len(keys.old); n != 0 {
		t.Errorf("%d keys kept of a request that proved nothing", n)
	}
	if err := verify(permanent.Secret); err != nil {
		t.Fatal(err)
	}
	if keys.lookup(keyIDOf(c, permanent.Secret)) == nil {
		t.Error("the key was not kept")
	}
	wantError(t, verify("changed"), "SignatureDoesNotMatch", "")
	keys.Purge("another")
	if keys.lookup(keyIDOf(c, permanent.Secret)) == nil {
		t.Error("Purge of another key took this one")
	}
	keys.Purge(permanent.AccessKeyID)
	if keys.lookup(keyIDOf(c, permanent.Secret)) != nil {
		t.Error("Purge left the key")
	}
}

func TestKeyCacheIsBounded(t *testing.T) {
	for _, size := range []int{0, 1, 2, 10} {
		keys := NewKeyCache(size)
		used := keyID{accessKeyID: "used"}
		keys.add(used, new(macKey))
		for i := range 100 {
			keys.add(keyID{accessKeyID: fmt.Sprint(i)}, new(macKey))
			if n := len(keys.young) + len(keys.old); n > max(size, 2) {
				t.Fatalf("size %d: %d keys", size, n)
			}
			if keys.lookup(used) == nil && size == 10 {
				t.Fatalf("a key in constant use was dropped after %d others", i)
			}
		}
	}
	var none *KeyCache
	none.add(keyID{}, nil)
	none.Purge("x")
	if none.lookup(keyID{}) != nil {
		t.Error("a nil cache found a key")
	}
}

func TestVerifyConcurrently(t *testing.T) {
	keys := NewKeyCache(2)
	var wg sync.WaitGroup
	for i := range 8 {
		scheme := allSchemes[i%len(allSchemes)]
		wg.Go(func() {
			for range 200 {
				r := virtual(t, "")
				if err := signAny(scheme, r, Resource{Bucket: "examplebucket", Key: "k"}, temporary); err != nil {
					t.Error(err)
					return
				}
				if _, err := authenticate(vectorDomains, r, testKeys, keys, testRegion, testNow); err != nil {
					t.Error(describe(err))
					return
				}
				keys.Purge(temporary.AccessKeyID)
			}
		})
	}
	wg.Wait()
}
