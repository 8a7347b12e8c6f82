package lan

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

const ownNamespace = "/proc/thread-self/ns/net"

// newNamespace returns a handle of a new network namespace.
func newNamespace() (*os.File, error) {
	return visit(func() (*os.File, error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return nil, fmt.Errorf("lan: a new network namespace (are you root?): %w", err)
		}
		return os.Open(ownNamespace)
	})
}

// within runs f on a thread that is in a namespace: what it starts and which
// sockets it makes belong there.
func within[T any](namespace *os.File, f func() (T, error)) (T, error) {
	return visit(func() (T, error) {
		if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			var none T
			return none, fmt.Errorf("lan: entering a network namespace: %w", err)
		}
		return f()
	})
}

// visit runs f on a thread of its own use, and brings that back to the namespace in which it was. A thread
// that cannot go back is not used again: it ends with the goroutine that stays locked to it.
func visit[T any](f func() (T, error)) (result T, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var home *os.File
		if home, err = os.Open(ownNamespace); err != nil {
			return
		}
		defer home.Close()
		result, err = f()
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	<-done
	return result, err
}

// ip runs a command of iproute2.
func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("lan: ip %v: %w: %s", args, err, out)
	}
	return nil
}
