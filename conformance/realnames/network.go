//go:build linux

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// loopbackUp switches on the one interface of a new network namespace; the kernel then
// gives it 127.0.0.1 and ::1 by itself.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return forbidden("read the flags of lo", err)
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return forbiddenOrNil("switch on lo", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request))
}

// resolverFiles decide how C libraries look up a name. nsswitch.conf is among them
// because its entry "resolve" would ask the machine's own resolver over a Unix socket,
// which no network namespace holds back.
var resolverFiles = map[string]string{
	"/etc/resolv.conf":   "nameserver 127.0.0.1\n",
	"/etc/hosts":         "127.0.0.1 localhost\n",
	"/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

// replaceResolverFiles covers the files of this mount namespace with ours, written to
// work. Files that the machine does not have stay absent: libraries then use defaults
// that name 127.0.0.1 as well.
func replaceResolverFiles(work string) error {
	// Without this, a mount here would also appear outside where / is shared.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return forbidden("make mounts private", err)
	}
	for target, content := range resolverFiles {
		if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		source := filepath.Join(work, filepath.Base(target))
		if err := os.WriteFile(source, []byte(content), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return forbidden("mount over "+target, err)
		}
	}
	return nil
}

func forbiddenOrNil(what string, err error) error {
	if err == nil {
		return nil
	}
	return forbidden(what, err)
}
