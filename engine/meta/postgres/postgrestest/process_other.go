//go:build !linux

package postgrestest

import "syscall"

// attributes: elsewhere than on Linux, a server outlives a test that is killed.
func attributes() *syscall.SysProcAttr { return nil }

func giveAway(...string) error { return nil }
