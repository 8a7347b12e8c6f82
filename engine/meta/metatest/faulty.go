package metatest

import (
	"context"

	"ossd/engine/meta"
)

// Method names a method of meta.Store.
type Method string

// The methods that a Hook is asked about.
const (
	View   Method = "View"
	Update Method = "Update"
)

// Hook decides how a call ends. If before is not nil, the call fails with it
// and has no effect. Else the call is made, and if it succeeds and after is not
// nil, the caller is told after all the same: the outcome that a broken
// connection leaves open. A Hook is called from many goroutines.
type Hook func(Method) (before, after error)

// Faulty returns a store that fails where hook says so, and else is s.
func Faulty(s meta.Store, hook Hook) meta.Store { return &faulty{s, hook} }

type faulty struct {
	meta.Store
	hook Hook
}

// Unwrap returns the store beneath.
func (f *faulty) Unwrap() meta.Store { return f.Store }

func (f *faulty) View(ctx context.Context, fn func(meta.Snapshot) error) error {
	return f.call(View, func() error { return f.Store.View(ctx, fn) })
}

func (f *faulty) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	return f.call(Update, func() error { return f.Store.Update(ctx, locks, fn) })
}

func (f *faulty) call(m Method, do func() error) error {
	before, after := f.hook(m)
	if before != nil {
		return before
	}
	if err := do(); err != nil {
		return err
	}
	return after
}
