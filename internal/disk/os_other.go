//go:build !linux

package disk

import "errors"

// Only Linux can leave out a file's times and permissions.
func (machine) Datasync(f File) error {
	datasyncs.Add(1)
	return f.Sync()
}

func (machine) StartWriteback(File, int64, int64) {}

func (machine) PunchHole(File, int64, int64) error { return errors.ErrUnsupported }

func (machine) IsHole(File, int64, int64) bool { return false }
