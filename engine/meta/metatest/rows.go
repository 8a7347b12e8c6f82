package metatest

import (
	"context"
	"errors"
	"testing"

	"ossd/engine/meta"
)

var rowCases = []testCase{
	{"GetPutDelete", testGetPutDelete},
	{"ValuesAreCopied", testValuesAreCopied},
	{"ScanBounds", testScanBounds},
	{"SnapshotIsolation", testSnapshotIsolation},
	{"SnapshotEnds", testSnapshotEnds},
	{"ViewReturnsItsError", testViewReturnsItsError},
}

func testGetPutDelete(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1", "b", "", "\x00", "zero", "\xff\xff", "last")
	view(t, s, func(snap meta.Snapshot) error {
		wantGet(t, snap, "a", "1")
		wantGet(t, snap, "b", "")
		wantGet(t, snap, "\x00", "zero")
		wantGet(t, snap, "\xff\xff", "last")
		wantNone(t, snap, "c")
		wantNone(t, snap, "\xff")
		if v, err := snap.Get([]byte("b")); v == nil || err != nil {
			t.Errorf("an empty value reads %#v, %v; want empty and not nil", v, err)
		}
		return nil
	})
	update(t, s, func(tx meta.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("2")), tx.Delete([]byte("b")), tx.Delete([]byte("never")))
	})
	wantRows(t, s, "\x00", "zero", "a", "2", "\xff\xff", "last")
}

func testValuesAreCopied(t *testing.T, s meta.Store) {
	update(t, s, func(tx meta.Tx) error {
		key, value := []byte("key"), []byte("value")
		err := tx.Put(key, value)
		copy(key, "xxx")
		copy(value, "xxxxx")
		return err
	})
	var kept []byte
	view(t, s, func(snap meta.Snapshot) error {
		var err error
		kept, err = snap.Get([]byte("key"))
		return err
	})
	fill(t, s, "key", "other")
	if string(kept) != "value" {
		t.Errorf("a value read earlier now reads %q", kept)
	}
	copy(kept, "spoil")
	wantRows(t, s, "key", "other")
}

func testScanBounds(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1", "a\x00", "2", "ab", "3", "b", "4", "\xff", "5", "\xff\xff\x00", "6")
	view(t, s, func(snap meta.Snapshot) error {
		wantScan(t, snap, nil, []byte{}) // nothing is below the empty key
		wantScan(t, snap, []byte("a"), []byte("a"))
		wantScan(t, snap, []byte("b"), []byte("a"))
		wantScan(t, snap, []byte("a"), []byte("a\x00"), "a", "1")
		wantScan(t, snap, []byte("a\x00"), []byte("b"), "a\x00", "2", "ab", "3")
		wantScan(t, snap, []byte("aa"), []byte("b\x00"), "ab", "3", "b", "4")
		wantScan(t, snap, []byte("c"), nil, "\xff", "5", "\xff\xff\x00", "6")
		wantScan(t, snap, []byte("\xff\xff"), nil, "\xff\xff\x00", "6")
		wantScan(t, snap, []byte("\xff\xff\xff"), nil)
		return nil
	})
	view(t, s, func(snap meta.Snapshot) error {
		n := 0
		for range snap.Scan(nil, nil) {
			if n++; n == 2 {
				break // a scan that is left early must let go of everything
			}
		}
		return nil
	})
}

func testSnapshotIsolation(t *testing.T, s meta.Store) {
	fill(t, s, "a", "old", "b", "old")
	view(t, s, func(snap meta.Snapshot) error {
		wantGet(t, snap, "a", "old")
		update(t, s, func(tx meta.Tx) error {
			return errors.Join(tx.Put([]byte("a"), []byte("new")), tx.Delete([]byte("b")), tx.Put([]byte("c"), nil))
		})
		wantGet(t, snap, "a", "old")
		wantGet(t, snap, "b", "old")
		wantNone(t, snap, "c")
		wantScan(t, snap, nil, nil, "a", "old", "b", "old")
		return nil
	})
	wantRows(t, s, "a", "new", "c", "")
}

func testSnapshotEnds(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1")
	var leaked []meta.Snapshot
	view(t, s, func(snap meta.Snapshot) error { leaked = append(leaked, snap); return nil })
	var tx meta.Tx
	update(t, s, func(now meta.Tx) error { tx = now; leaked = append(leaked, now); return nil })
	for _, snap := range leaked {
		if v, err := snap.Get([]byte("a")); err == nil {
			t.Errorf("Get on an ended %T = %q", snap, v)
		}
		if got, err := rows(snap, nil, nil); err == nil {
			t.Errorf("Scan on an ended %T = %q", snap, got)
		}
	}
	key := []byte("b")
	for name, err := range map[string]error{"Put": tx.Put(key, nil), "Insert": tx.Insert(key, nil), "Delete": tx.Delete(key)} {
		if err == nil {
			t.Errorf("%s on an ended transaction succeeded", name)
		}
	}
	wantRows(t, s, "a", "1")
}

func testViewReturnsItsError(t *testing.T, s meta.Store) {
	mine := errors.New("mine")
	if err := s.View(t.Context(), func(meta.Snapshot) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("View returned %v, want the function's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.View(ctx, func(meta.Snapshot) error { t.Error("ran under an ended context"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("View under an ended context: %v", err)
	}
}
