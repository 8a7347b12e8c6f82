package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/meta"
)

// counting counts the writes, and fails them on demand.
type counting struct {
	meta.Store
	updates atomic.Int32
	broken  atomic.Bool
}

func (c *counting) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	if c.broken.Load() {
		return errors.New("disk full")
	}
	c.updates.Add(1)
	return c.Store.Update(ctx, locks, fn)
}

func (w *world) lastUsed(user, id string) time.Time {
	w.t.Helper()
	last, err := w.AccessKeyLastUsed(w.ctx(), acc1, user, id)
	w.must(err)
	return last
}

func TestAccessKeyLastUsed(t *testing.T) {
	w := newWorld(t)
	_, k := w.user(acc1, "alice")
	w.user(acc1, "bob")
	if last := w.lastUsed("alice", k.ID); !last.IsZero() {
		t.Errorf("never used, and that at %v", last)
	}
	first := w.time().Truncate(time.Second)
	w.Used(w.credential(k.ID, ""), w.time())
	for _, written := range []bool{false, true} {
		if written {
			w.writeUses()
		}
		if last := w.lastUsed("alice", k.ID); !last.Equal(first) {
			t.Errorf("written %v: last used %v, want %v", written, last, first)
		}
	}
	w.sleep(useInterval - time.Second)
	w.Used(w.credential(k.ID, ""), w.time())
	if last := w.lastUsed("alice", k.ID); !last.Equal(first) {
		t.Errorf("noted again within the interval: %v", last)
	}
	w.sleep(time.Second)
	w.changes.generation.Add(1) // what the cache knew of the last use is read again from the row
	w.Used(w.credential(k.ID, ""), w.time())
	w.writeUses()
	if last := w.lastUsed("alice", k.ID); !last.Equal(first.Add(useInterval)) {
		t.Errorf("last used %v", last)
	}
	for _, owner := range []string{"bob", ""} {
		_, err := w.AccessKeyLastUsed(t.Context(), acc1, owner, k.ID)
		refused(t, err, NotExist, "User.AccessKey", "")
	}
	_, err := w.AccessKeyLastUsed(t.Context(), acc1, "alice", "none")
	refused(t, err, NotExist, "User.AccessKey", "")
	_, err = w.AccessKeyLastUsed(t.Context(), acc1, "nobody", k.ID)
	refused(t, err, NotExist, "User", "")

	// What a key was used for stays with it when it is disabled, and goes with it.
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", k.ID, false))
	if last := w.lastUsed("alice", k.ID); last.IsZero() {
		t.Error("forgotten with the key disabled")
	}
}

// However many requests there are and however often the caches are emptied,
// there is one write in an interval, of all keys together.
func TestUsesAreWrittenRarely(t *testing.T) {
	rows := &counting{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = rows })
	var keys []AccessKey
	for i := range 5 {
		_, k := w.user(acc1, fmt.Sprintf("u%d", i))
		keys = append(keys, k)
	}
	before := rows.updates.Load()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 200 {
				c, err := w.Credential(t.Context(), keys[i%len(keys)].ID, "")
				if err != nil {
					t.Error(err)
					return
				}
				w.Used(c, w.time())
				if i%50 == 0 {
					w.changes.generation.Add(1)
				}
			}
		})
	}
	group.Wait()
	if n := rows.updates.Load() - before; n > 1 {
		t.Errorf("%d writes before the delay", n)
	}
	w.writeUses()
	w.writeUses()
	if n := rows.updates.Load() - before; n > 2 {
		t.Errorf("%d writes", n)
	}
	generation := w.changes.generation.Load()
	w.sleep(useInterval)
	w.Used(w.credential(keys[0].ID, ""), w.time())
	w.writeUses()
	if w.changes.generation.Load() != generation {
		t.Error("a use makes the caches stale")
	}
}

func TestUsesCannotFail(t *testing.T) {
	rows := &counting{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = rows })
	_, k := w.user(acc1, "alice")
	rows.broken.Store(true)
	w.Used(w.credential(k.ID, ""), w.time())
	w.writeUses()
	if len(w.used.pending) != 0 {
		t.Error("notes grow while the disk is in trouble")
	}
	rows.broken.Store(false)
	w.sleep(useInterval)
	w.Used(w.credential(k.ID, ""), w.time())

	// A key that is deleted before its use is written does not come back.
	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", k.ID))
	w.writeUses()
	_, err := w.Credential(t.Context(), k.ID, "")
	wantErr(t, err, ErrKeyNotFound)

	w.Used(nil, w.time()) // anonymous
}

func TestCloseWritesUses(t *testing.T) {
	w := newWorld(t)
	_, k := w.user(acc1, "alice")
	w.Used(w.credential(k.ID, ""), w.time())
	c := w.credential(k.ID, "")
	w.must(w.Close())
	w.sleep(2 * useInterval)
	w.Used(c, w.time()) // too late, and harmless
	again, err := Open(t.Context(), Config{Rows: w.rows, MasterKey: masterKey, Now: w.time})
	w.must(err)
	last, err := again.AccessKeyLastUsed(t.Context(), acc1, "alice", k.ID)
	w.must(err)
	if last.IsZero() {
		t.Error("what was noted is lost with Close")
	}
}

// Sessions have no key that RAM knows.
func TestSessionsAreNotNoted(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	w.Used(w.credential(s.AccessKeyID, s.SecurityToken), w.time())
	if len(w.used.pending) != 0 {
		t.Errorf("noted %v", w.used.pending)
	}
}

func BenchmarkUsed(b *testing.B) {
	w := newWorld(b)
	_, k := w.user(acc1, "alice")
	c := w.credential(k.ID, "")
	now := w.time()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Used(c, now)
		}
	})
}
