package postgres

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/postgres/postgrestest"
)

func TestLongestKey(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	key := make([]byte, maxKeyBytes) // of chance, since the server compresses what is alike
	rand.Read(key)
	if err := put(t.Context(), s, string(key), "value"); err != nil {
		t.Fatalf("a key of %d bytes: %v", len(key), err)
	}
	wantRow(t, s, string(key), "value")
	for name, write := range map[string]func(tx meta.Tx) error{
		"Put":    func(tx meta.Tx) error { return tx.Put(append(key, 0), nil) },
		"Insert": func(tx meta.Tx) error { return tx.Insert(append(key, 0), nil) },
	} {
		if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, write); !errors.Is(err, ErrKeyTooLong) {
			t.Errorf("%s of a key that is too long: %v", name, err)
		}
	}
	wantRow(t, s, string(append(key, 0)), "")
}

func TestAllBytes(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
		for _, b := range all {
			if err := tx.Put(append([]byte{b}, all...), append([]byte{b}, all...)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		n := 0
		for row, err := range snap.Scan(nil, nil) {
			want := append([]byte{byte(n)}, all...)
			if err != nil || !bytes.Equal(row.Key, want) || !bytes.Equal(row.Value, want) {
				return fmt.Errorf("row %d: %x = %x, %v", n, row.Key, row.Value, err)
			}
			n++
		}
		for _, delimiter := range all {
			page, err := snap.List(meta.ListQuery{Delimiter: []byte{delimiter}, Limit: 1000})
			// Each key holds each byte, the first of them its own: rolled up behind itself.
			if err != nil || n != 256 || len(page.Entries) != 256 || !page.Entries[255].CommonPrefix {
				return fmt.Errorf("delimiter %x: %d entries, %v", delimiter, len(page.Entries), err)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// Values of any size go in and out, and a scan reads a few of them at a time.
func TestLargeValues(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	value := make([]byte, 5<<20)
	rand.Read(value)
	const n = 6
	if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
		for i := range n {
			if err := tx.Put([]byte{byte(i)}, value); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		b := &batches{from: snap.(*reader), lo: []byte{}, hi: behind}
		seen := 0
		for {
			some, err := b.more()
			if err != nil || !some {
				if seen != n {
					t.Errorf("%d rows of %d", seen, n)
				}
				return err
			}
			if len(b.rows) > 1 {
				t.Errorf("%d rows of %d bytes are held at once", len(b.rows), len(value))
			}
			if !bytes.Equal(b.rows[0].Value, value) {
				t.Errorf("value %d differs", seen)
			}
			seen++
			b.rows = b.rows[1:]
		}
	}); err != nil {
		t.Error(err)
	}
}

func TestInsertOverARow(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	insert := func(tx meta.Tx) error { return tx.Insert([]byte("id"), []byte("1")) }
	if err := s.Update(t.Context(), nil, insert); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), nil, insert); !errors.Is(err, meta.ErrRowExists) {
		t.Errorf("the second Insert: %v", err)
	}
	// A row that the transaction itself took away is none.
	if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("id")}, func(tx meta.Tx) error {
		return errors.Join(tx.Delete([]byte("id")), tx.Insert([]byte("id"), []byte("2")))
	}); err != nil {
		t.Errorf("Insert after Delete: %v", err)
	}
	wantRow(t, s, "id", "2")
}

// The figures of the package comment.
func TestRoundTrips(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	if err := put(t.Context(), s, "bucket", "1"); err != nil {
		t.Fatal(err)
	}
	locks := []meta.Lock{meta.Shared("bucket"), meta.Exclusive("key")}
	update := func(locks []meta.Lock, fn func(tx meta.Tx) error) func() error {
		return func() error { return s.Update(t.Context(), locks, fn) }
	}
	for _, c := range []struct {
		name string
		call func() error
		want int64
	}{
		{"an Update that reads what it locks", update(locks, func(tx meta.Tx) error {
			if value, err := tx.Get([]byte("bucket")); err != nil || string(value) != "1" {
				return fmt.Errorf("the bucket is %q, %v", value, err)
			}
			if _, err := tx.Get([]byte("key")); !errors.Is(err, meta.ErrNotFound) {
				return fmt.Errorf("there is a key, %v", err)
			}
			return errors.Join(tx.Put([]byte("key"), nil), tx.Put([]byte("key/2"), nil), tx.Delete([]byte("key")))
		}), 2},
		{"an Update that reads another row", update(locks, func(tx meta.Tx) error {
			if _, err := tx.Get([]byte("key/1")); !errors.Is(err, meta.ErrNotFound) {
				return err
			}
			return tx.Put([]byte("key"), nil)
		}), 3},
		{"an Update without locks", update(nil, func(tx meta.Tx) error { return tx.Insert([]byte("fresh"), nil) }), 1},
		{"an Update that writes nothing", update(locks, func(meta.Tx) error { return nil }), 2},
		{"an Update that does nothing", update(nil, func(meta.Tx) error { return nil }), 0},
		{"a View of one row, and its end", func() error { _, err := get(t.Context(), s, "bucket"); return err }, 2},
		{"a View of rows that were expected", func() error {
			return s.View(t.Context(), func(snap meta.Snapshot) error {
				keys := [][]byte{[]byte("bucket"), []byte("key/2"), []byte("none")}
				if err := meta.Expect(snap, keys...); err != nil {
					return err
				}
				for i, want := range []string{"1", "", "none"} {
					value, err := snap.Get(keys[i])
					if i == 2 && !errors.Is(err, meta.ErrNotFound) || i < 2 && (err != nil || string(value) != want) {
						return fmt.Errorf("%q is %q, %v", keys[i], value, err)
					}
				}
				return nil
			})
		}, 2},
		{"a View of nothing", func() error { return s.View(t.Context(), func(meta.Snapshot) error { return nil }) }, 0},
	} {
		before := s.Stats().RoundTrips
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for s.Stats().InUse > 0 { // a View's end that nobody waits for
			time.Sleep(time.Millisecond)
		}
		if got := s.Stats().RoundTrips - before; got != c.want {
			t.Errorf("%s takes %d round trips, want %d", c.name, got, c.want)
		}
	}
}

// Names with one hash share a lock of the server, the stronger one, and locks are ascending.
func TestAdvisoryLocks(t *testing.T) {
	s := &Store{config: Config{Schema: "a"}}
	other := &Store{config: Config{Schema: "b"}}
	keys, exclusive := s.advisory([]meta.Lock{
		meta.Shared("1"), meta.Exclusive("2"), meta.Shared("3"), meta.Shared("2"), meta.Exclusive("4"), meta.Exclusive("1"),
	})
	want := map[int64]bool{s.hash("lock", "1"): true, s.hash("lock", "2"): true, s.hash("lock", "3"): false, s.hash("lock", "4"): true}
	if len(keys) != len(want) {
		t.Fatalf("%d locks, want %d", len(keys), len(want))
	}
	for i, k := range keys {
		if i > 0 && keys[i-1] >= k {
			t.Errorf("lock %d is not above its forerunner", i)
		}
		if strong, ok := want[k]; !ok || strong != exclusive[i] {
			t.Errorf("lock %d: exclusive %v, want %v", i, exclusive[i], strong)
		}
	}
	if s.hash("lock", "1") == other.hash("lock", "1") || s.hash("lock", "1") == s.hash("channel", "1") {
		t.Error("another schema's lock, or another thing, has the same number")
	}
}

// A page is one statement that probes the index: it does not read what lies below a common prefix.
func TestListSkips(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{})
	if err := s.Update(t.Context(), nil, func(tx meta.Tx) error {
		for i := range 20_000 {
			if err := tx.Insert(fmt.Appendf(nil, "o/%d/%05d", i%3, i), nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.pool.Query(t.Context(), "explain (analyze, costs off, timing off) "+s.sql.list[listKind{rolledUp: true}],
		[]byte("o/"), []byte("o0"), 1001, []byte("/"), 2, behind)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plan.String(), "Seq Scan on rows") || strings.Count(plan.String(), "Index") < 2 || !strings.Contains(plan.String(), "rows=3") {
		t.Errorf("the plan of a listing:\n%s", plan.String())
	}
}
