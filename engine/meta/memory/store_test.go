package memory_test

import (
	"errors"
	"testing"

	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
)

func TestSuite(t *testing.T) {
	metatest.Run(t, func(testing.TB) meta.Store { return memory.New() })
}

func TestSuiteRunTwice(t *testing.T) {
	metatest.Run(t, func(testing.TB) meta.Store { return memory.Open(memory.Config{RunTwice: true}) })
}

func TestRunTwiceShowsSideEffects(t *testing.T) {
	s := memory.Open(memory.Config{RunTwice: true})
	runs := 0
	err := s.Update(t.Context(), nil, func(tx meta.Tx) error {
		runs++
		return tx.Insert([]byte("id"), nil)
	})
	if err != nil || runs != 2 {
		t.Errorf("ran %d times, %v; want 2 and no error", runs, err)
	}
}

func key(s string) []byte { return []byte(s) }

// drain reads a scan to its end and returns its error.
func drain(snap meta.Snapshot, lo, hi []byte) error {
	for _, err := range snap.Scan(lo, hi) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestLocksMustCover(t *testing.T) {
	get := func(k string) func(meta.Tx) error {
		return func(tx meta.Tx) error {
			if _, err := tx.Get(key(k)); !errors.Is(err, meta.ErrNotFound) {
				return err
			}
			return nil
		}
	}
	put := func(k string) func(meta.Tx) error { return func(tx meta.Tx) error { return tx.Put(key(k), nil) } }
	del := func(k string) func(meta.Tx) error { return func(tx meta.Tx) error { return tx.Delete(key(k)) } }
	scan := func(lo, hi []byte) func(meta.Tx) error { return func(tx meta.Tx) error { return drain(tx, lo, hi) } }

	shared, exclusive := meta.Shared("b/1"), meta.Exclusive("b/1")
	for _, c := range []struct {
		name  string
		lock  meta.Lock
		fn    func(meta.Tx) error
		allow bool
	}{
		{"shared reads its row", shared, get("b/1"), true},
		{"shared reads below", shared, get("b/1/x"), false},
		{"shared reads beside", shared, get("b/2"), false},
		{"shared writes its row", shared, put("b/1"), false},
		{"shared deletes its row", shared, del("b/1"), false},
		{"shared scans", shared, scan(key("b/1"), key("b/1\x00")), false},
		{"exclusive reads its row", exclusive, get("b/1"), true},
		{"exclusive reads below", exclusive, get("b/1/x"), true},
		{"exclusive writes its row", exclusive, put("b/1"), true},
		{"exclusive writes below", exclusive, put("b/10"), true},
		{"exclusive deletes below", exclusive, del("b/1/x"), true},
		{"exclusive writes above", exclusive, put("b/"), false},
		{"exclusive deletes beside", exclusive, del("b/2"), false},
		{"exclusive scans below", exclusive, scan(key("b/1"), key("b/2")), true},
		{"exclusive scans a part", exclusive, scan(key("b/1a"), key("b/1c")), true},
		{"exclusive scans too far", exclusive, scan(key("b/1"), key("b/2\x00")), false},
		{"exclusive scans from above", exclusive, scan(key("b/"), key("b/2")), false},
		{"exclusive scans without end", exclusive, scan(key("b/1"), nil), false},
		{"everything scans without end", meta.Exclusive(""), scan(nil, nil), true},
		{"last range scans without end", meta.Exclusive("\xff"), scan(key("\xff"), nil), true},
	} {
		s := memory.New()
		err := s.Update(t.Context(), []meta.Lock{c.lock}, c.fn)
		if c.allow && err != nil || !c.allow && !errors.Is(err, meta.ErrNotLocked) {
			t.Errorf("%s: %v", c.name, err)
		}
		// Swallowing the refusal must not help.
		err = s.Update(t.Context(), []meta.Lock{c.lock}, func(tx meta.Tx) error { _ = c.fn(tx); return nil })
		if !c.allow && !errors.Is(err, meta.ErrNotLocked) {
			t.Errorf("%s, error ignored: %v", c.name, err)
		}
	}
}

func TestInsertOverARow(t *testing.T) {
	s := memory.New()
	insert := func(tx meta.Tx) error { return tx.Insert(key("id"), nil) }
	if err := s.Update(t.Context(), nil, insert); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), nil, insert); !errors.Is(err, meta.ErrRowExists) {
		t.Errorf("got %v, want ErrRowExists", err)
	}
	// The other one came between the function and the commit.
	err := s.Update(t.Context(), nil, func(tx meta.Tx) error {
		if err := tx.Insert(key("race"), nil); err != nil {
			return err
		}
		return s.Update(t.Context(), nil, func(tx meta.Tx) error { return tx.Insert(key("race"), nil) })
	})
	if !errors.Is(err, meta.ErrRowExists) {
		t.Errorf("race: got %v, want ErrRowExists", err)
	}
}

// A writer that locks an object but not its bucket races with the one who has
// the bucket; the engine notices when they really meet.
func TestForgottenUpperLock(t *testing.T) {
	s := memory.New()
	err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("b/")}, func(tx meta.Tx) error {
		if _, err := tx.Get(key("b/object")); !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		return s.Update(t.Context(), []meta.Lock{meta.Exclusive("b/object")}, func(tx meta.Tx) error {
			return tx.Put(key("b/object"), nil)
		})
	})
	if !errors.Is(err, meta.ErrNotLocked) {
		t.Errorf("got %v, want ErrNotLocked", err)
	}
}

// Rows are valid until the next one only.
func TestRowsAreScribbledOver(t *testing.T) {
	s := memory.New()
	if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
		return errors.Join(tx.Put(key("a"), key("1")), tx.Put(key("b"), key("2")))
	}); err != nil {
		t.Fatal(err)
	}
	var first []byte
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		for row := range snap.Scan(nil, nil) {
			if first == nil {
				first = row.Key
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if string(first) == "a" {
		t.Error("a row that was kept too long still reads well")
	}
}
