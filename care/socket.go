package care

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// socketName is the server's socket in the data directory. Whoever may open it may
// use it: it has mode 0600.
const socketName = "control.sock"

// maxSocketPath is how long the path of a socket may be, in bytes, on every system.
const maxSocketPath = 103

// Listen makes the socket, in place of one that an earlier server has left. The
// caller holds the data directory's lock. Closing the listener removes it.
func Listen(data string) (net.Listener, error) {
	// It gets its mode before it gets its name: the directory may be open to others.
	private, err := os.MkdirTemp(data, ".control-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	var l *net.UnixListener
	err = withShortPath(private, func(path string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{l, filepath.Join(data, socketName)}
	made := filepath.Join(private, socketName)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, s.path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return s, nil
}

type socket struct {
	*net.UnixListener
	path string
}

func (s *socket) Close() error { return errors.Join(os.Remove(s.path), s.UnixListener.Close()) }

// withShortPath calls fn with a path of the socket in a directory that is short
// enough: if need be, one that begins at the opened directory.
func withShortPath(dir string, fn func(path string) error) error {
	path := filepath.Join(dir, socketName)
	if len(path) <= maxSocketPath {
		return fn(path)
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("%s is too long for the path of a socket: a server there can be looked after only while it is stopped", path)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return fn(fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), socketName))
}
