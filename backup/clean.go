package backup

import (
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ossd/internal/durable"
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

// errNoLinks refuses what no backup has made. A link to a larger disk would be
// followed when copies are written, but neither here nor by Restore.
func errNoLinks(name string) error {
	return fmt.Errorf("%s is neither a directory nor a regular file; a backup follows no links: put in its place what it leads to, mount that there, or choose another directory", name)
}

// cleanBefore removes what attempts left that never came to a manifest. Without it
// they would add up on a disk that is too small for one.
func (m *maker) cleanBefore() error {
	// The last backup may have been killed before its manifest was durable. The copies
	// that the one before it names must not go until it is.
	if err := durable.SyncDir(m.To); err != nil {
		return err
	}
	for m.old != nil {
		f, err := m.old.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		m.named.add(f.Copy)
	}
	if err := m.clean(); err != nil {
		return err
	}
	m.named = hashes{}
	if m.old == nil {
		return nil
	}
	return m.old.rewind()
}

// clean removes the copies that are not named, and the directories that become
// empty. What cannot be removed now, the next backup removes. It fails at what is
// neither, and does not touch it.
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
		if !d.Type().IsRegular() {
			return errNoLinks(name)
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
	return err
}
