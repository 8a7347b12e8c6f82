package postgrestest

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// identity is who runs the servers of root: PostgreSQL refuses to be root.
func identity() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
	}
	return nil, errors.New("there is neither a user postgres nor nobody who could run the server")
}

// attributes let a server be shut down when this process dies, however that happens.
func attributes() *syscall.SysProcAttr {
	who, _ := identity() // giveAway has told
	return &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGINT, Setpgid: true}
}

// giveAway makes the runner of servers the owner of files.
func giveAway(paths ...string) error {
	who, err := identity()
	if err != nil || who == nil {
		return err
	}
	for _, p := range paths {
		if err := os.Chown(p, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	return nil
}
