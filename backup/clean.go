package backup

import (
	"errors"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// hashes are a set of names in eight bytes each. Two names of one hash let a copy
// lie around that could go, no more.
type hashes struct {
	all    []uint64
	sorted bool
}

func hashOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

func (s *hashes) add(name string) { s.all, s.sorted = append(s.all, hashOf(name)), false }

func (s *hashes) has(name string) bool {
	if !s.sorted {
		slices.Sort(s.all)
		s.sorted = true
	}
	_, ok := slices.BinarySearch(s.all, hashOf(name))
	return ok
}

// clean removes the copies that the manifest does not name, and the directories
// that become empty. What cannot be removed now, the next backup removes.
func (m *maker) clean() error {
	root := filepath.Join(m.To, filesDir)
	var dirs []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			dirs = append(dirs, name)
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || m.named.has(filepath.ToSlash(rel)) {
			return err
		}
		m.Removed++
		return os.Remove(name)
	})
	for _, dir := range slices.Backward(dirs) {
		if dir != root {
			os.Remove(dir) // fails where something is left
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
