//go:build !linux

package cluster

import "syscall"

// attributes: elsewhere than on Linux, a node outlives a test that is killed.
func attributes() *syscall.SysProcAttr { return nil }
