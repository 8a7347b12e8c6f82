package metatest

import (
	"errors"
	"testing"

	"ossd/engine/meta"
)

func TestFaulty(t *testing.T) {
	lost := errors.New("lost")
	var before, after error
	s := Faulty(newModel(), func(Method) (error, error) { return before, after })

	put := func(key string) error {
		return s.Update(t.Context(), everything, func(tx meta.Tx) error { return tx.Put([]byte(key), nil) })
	}
	if err := put("healthy"); err != nil {
		t.Errorf("healthy: %v", err)
	}
	before = lost
	if err := put("before"); err != lost {
		t.Errorf("before: %v, want %v", err, lost)
	}
	if err := s.View(t.Context(), func(meta.Snapshot) error { return nil }); err != lost {
		t.Errorf("View: %v, want %v", err, lost)
	}
	before, after = nil, lost
	if err := put("after"); err != lost {
		t.Errorf("after: %v, want %v", err, lost)
	}
	mine := errors.New("mine")
	if err := s.Update(t.Context(), nil, func(meta.Tx) error { return mine }); err != mine {
		t.Errorf("a failed Update returned %v, want its own error", err)
	}
	after = nil
	wantRows(t, s, "after", "", "healthy", "")
}
