package blobtest

import (
	"context"

	"ossd/engine/blob"
)

// Method names a call that a Hook is asked about.
type Method string

// The calls that can be made to fail. Write and Commit are a Writer's.
const (
	Create Method = "Create"
	Write  Method = "Write"
	Commit Method = "Commit"
	Open   Method = "Open"
	Delete Method = "Delete"
)

// Hook decides how a call ends. If before is not nil, the call fails with it
// and has no effect. Else the call is made, and if it succeeds and after is not
// nil, the caller is told after all the same: a blob that was committed or
// deleted without the caller's knowing. A Hook is called from many goroutines.
type Hook func(Method) (before, after error)

// Faulty returns a store that fails where hook says so, and else is s.
func Faulty(s blob.Store, hook Hook) blob.Store { return &faulty{s, hook} }

type faulty struct {
	blob.Store
	hook Hook
}

// Unwrap returns the store beneath.
func (f *faulty) Unwrap() blob.Store { return f.Store }

func (f *faulty) Create(ctx context.Context, sizeHint int64) (blob.Writer, error) {
	var w blob.Writer
	created := false
	err := f.hook.call(Create, func() (err error) {
		w, err = f.Store.Create(ctx, sizeHint)
		created = err == nil
		return err
	})
	if err != nil {
		if created { // nobody else can end it
			w.Abort()
		}
		return nil, err
	}
	return &faultyWriter{w, f.hook}, nil
}

func (f *faulty) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	var r blob.Reader
	opened := false
	err := f.hook.call(Open, func() (err error) {
		r, err = f.Store.Open(ctx, ref, offset, length)
		opened = err == nil
		return err
	})
	if err != nil {
		if opened {
			r.Close()
		}
		return nil, err
	}
	return r, nil
}

func (f *faulty) Delete(ctx context.Context, ref blob.Ref) error {
	return f.hook.call(Delete, func() error { return f.Store.Delete(ctx, ref) })
}

type faultyWriter struct {
	blob.Writer
	hook Hook
}

func (w *faultyWriter) Write(p []byte) (n int, err error) {
	err = w.hook.call(Write, func() (err error) {
		n, err = w.Writer.Write(p)
		return err
	})
	return n, err
}

// Commit that fails before its effect ends the writer, as its contract says.
func (w *faultyWriter) Commit(ctx context.Context) (blob.Ref, error) {
	var ref blob.Ref
	called := false
	err := w.hook.call(Commit, func() (err error) {
		called = true
		ref, err = w.Writer.Commit(ctx)
		return err
	})
	if err != nil {
		if !called {
			w.Writer.Abort()
		}
		return "", err
	}
	return ref, nil
}

func (h Hook) call(m Method, do func() error) error {
	before, after := h(m)
	if before != nil {
		return before
	}
	if err := do(); err != nil {
		return err
	}
	return after
}
