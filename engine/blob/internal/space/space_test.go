package space

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"ossd/engine/blob"
)

func TestFullDiskIsErrFull(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if got := Full(&os.PathError{Op: "write", Path: "f", Err: err}); !errors.Is(got, blob.ErrFull) || !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := Full(io.ErrShortWrite); got != io.ErrShortWrite {
		t.Errorf("another error became %v", got)
	}
}
