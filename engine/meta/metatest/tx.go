package metatest

import (
	"errors"
	"testing"

	"ossd/engine/meta"
)

var txCases = []testCase{
	{"ReadsItsOwnWrites", testReadsItsOwnWrites},
	{"FailureWritesNothing", testFailureWritesNothing},
	{"PanicWritesNothing", testPanicWritesNothing},
	{"Insert", testInsert},
	{"ScanWhileWriting", testScanWhileWriting},
	{"LargeTransaction", testLargeTransaction},
}

func testReadsItsOwnWrites(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1", "b", "2", "c", "3")
	update(t, s, func(tx meta.Tx) error {
		err := errors.Join(tx.Put([]byte("a"), []byte("x")), tx.Delete([]byte("b")), tx.Insert([]byte("bb"), []byte("y")))
		wantGet(t, tx, "a", "x")
		wantNone(t, tx, "b")
		wantGet(t, tx, "bb", "y")
		wantScan(t, tx, nil, nil, "a", "x", "bb", "y", "c", "3")
		view(t, s, func(snap meta.Snapshot) error { // nobody else may see them yet
			wantGet(t, snap, "a", "1")
			wantNone(t, snap, "bb")
			return nil
		})
		return errors.Join(err, tx.Delete([]byte("bb")), tx.Put([]byte("b"), []byte("again")))
	})
	wantRows(t, s, "a", "x", "b", "again", "c", "3")
}

func testFailureWritesNothing(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1")
	mine := errors.New("mine")
	err := s.Update(t.Context(), everything, func(tx meta.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("2")), tx.Insert([]byte("b"), nil), tx.Delete([]byte("a")), mine)
	})
	if !errors.Is(err, mine) {
		t.Errorf("Update returned %v, want the function's error", err)
	}
	wantRows(t, s, "a", "1")
	fill(t, s, "a", "3") // the lock was released
	wantRows(t, s, "a", "3")
}

func testPanicWritesNothing(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic was swallowed")
			}
		}()
		_ = s.Update(t.Context(), everything, func(tx meta.Tx) error {
			if err := tx.Put([]byte("a"), []byte("2")); err != nil {
				t.Error(err)
			}
			panic("mine")
		})
	}()
	wantRows(t, s, "a", "1")
	fill(t, s, "a", "3")
	wantRows(t, s, "a", "3")
}

func testInsert(t *testing.T, s meta.Store) {
	if err := s.Update(t.Context(), nil, func(tx meta.Tx) error {
		return tx.Insert([]byte("fresh"), []byte("1"))
	}); err != nil {
		t.Fatalf("Insert without a lock: %v", err)
	}
	wantRows(t, s, "fresh", "1")
}

// A scan shows the rows as of its beginning; writing beneath it is allowed.
func testScanWhileWriting(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1", "b", "2", "c", "3")
	update(t, s, func(tx meta.Tx) error {
		n := 0
		for row, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			n++
			moved := append([]byte("z"), row.Key...)
			if err := errors.Join(tx.Put(moved, row.Value), tx.Delete(row.Key)); err != nil {
				return err
			}
		}
		if n != 3 {
			t.Errorf("the scan yielded %d rows, want the 3 that were there when it began", n)
		}
		return nil
	})
	wantRows(t, s, "za", "1", "zb", "2", "zc", "3")
}

func testLargeTransaction(t *testing.T, s meta.Store) {
	const n = 2000
	value := make([]byte, 10<<10)
	update(t, s, func(tx meta.Tx) error {
		for i := range n {
			if err := tx.Put([]byte{byte(i >> 8), byte(i)}, value); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(snap meta.Snapshot) error {
		got := 0
		for row, err := range snap.Scan(nil, nil) {
			if err != nil {
				return err
			}
			if len(row.Value) != len(value) {
				t.Errorf("row %x has %d bytes, want %d", row.Key, len(row.Value), len(value))
			}
			got++
		}
		if got != n {
			t.Errorf("%d rows, want %d", got, n)
		}
		return nil
	})
}
