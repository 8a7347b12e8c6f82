//go:build !linux

package durable

import "os"

// Fdatasync makes a file durable; only Linux can leave out its times and
// permissions. After a failure the file must be given up, not synced again.
func Fdatasync(f *os.File) error {
	fdatasyncs.Add(1)
	return f.Sync()
}

// StartWriteback does nothing where only a whole sync is known.
func StartWriteback(*os.File, int64, int64) {}
