package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
)

// stored is the room on the disk that a data directory takes, in bytes. What
// files have as holes does not count.
type stored struct{ rows, contents int64 }

func (s *ossd) stored() (total stored, err error) {
	for _, part := range []struct {
		name string
		sum  *int64
	}{{"meta", &total.rows}, {"segments", &total.contents}, {"blob", &total.contents}} {
		n, err := allocated(filepath.Join(s.data, part.name))
		if err != nil {
			return total, err
		}
		*part.sum += n
	}
	return total, nil
}

// allocated adds up the blocks of the files in a folder. A running server may remove some meanwhile.
func allocated(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				bytes += info.Sys().(*syscall.Stat_t).Blocks * 512 // stat(2)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return bytes, err
}
