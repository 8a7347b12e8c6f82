package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// errNotPlain is wrapped by the error for what no backup writes.
var errNotPlain = errors.New("it is not a regular file")

// openPlain opens a file of a backup. Where a backup comes from is not known: a link
// in it may lead to the secrets of this machine, a FIFO never ends. So nothing leads
// out of the root, and only a regular file is opened.
func openPlain(root *os.Root, name string) (*os.File, os.FileInfo, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() { // opening a device may do something already
		return nil, nil, fmt.Errorf("%s: %w", name, errNotPlain)
	}
	// Should it have become a FIFO since, opening does not wait for who writes to it.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err = f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", name, errNotPlain)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// openIn is openPlain for who needs one file of a directory.
func openIn(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, _, err := openPlain(root, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return f, nil
}

// readFormat returns what FORMAT says, no more of it than is worth showing.
func readFormat(dir string) (string, error) {
	f, err := openIn(dir, "FORMAT")
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 200))
	return string(text), err
}
