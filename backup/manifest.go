package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ossd/internal/durable"
)

// A manifest is lines of JSON: a header, a line for each file in the order of
// ComparePaths, and an end with their number and the SHA-256 of all lines before
// it. It is read line by line: a store may have millions of files.

type header struct {
	Generation int64     `json:"generation"` // counts the backups of this directory
	Time       time.Time `json:"time"`
	Lineage    []string  `json:"lineage"`
	Secrets    bool      `json:"secrets"`
}

type file struct {
	Path     string    `json:"path"`
	Copy     string    `json:"copy"` // path below files/
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Mode     string    `json:"mode"` // permissions, in octal digits
	Modified time.Time `json:"modified"`
	Settled  bool      `json:"settled"` // nobody was writing when it was copied
}

type end struct {
	Files  int64  `json:"files"`
	SHA256 string `json:"sha256"`
}

// maxLine bounds a line of a manifest, in bytes.
const maxLine = 64 << 10

// ErrDamaged is wrapped by errors about backups whose bytes are not those that were written.
var ErrDamaged = errors.New("the backup is damaged")

// manifest reads a manifest that was found whole.
type manifest struct {
	header
	f     *os.File
	lines *bufio.Scanner
	ahead *file // the last file that find came to
	ended bool
	met   int64 // files that next has returned
}

// openManifest verifies the manifest of a backup and returns it before its first
// file. That there is none is fs.ErrNotExist.
func openManifest(dir string) (*manifest, error) {
	name := filepath.Join(dir, manifestName)
	f, err := openIn(dir, manifestName)
	if err != nil {
		return nil, err
	}
	m := &manifest{f: f}
	if err := m.verify(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDamaged, name, err), f.Close())
	}
	if err := m.rewind(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDamaged, name, err), f.Close())
	}
	return m, nil
}

// verify reads the whole manifest and compares it with its end.
func (m *manifest) verify() error {
	in := bufio.NewReaderSize(m.f, maxLine)
	digest := sha256.New()
	var before []byte // the line before the one that is read
	for n := int64(-1); ; n++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			want, err := json.Marshal(end{Files: n - 1, SHA256: hex.EncodeToString(digest.Sum(nil))})
			if err == nil && string(before) != string(want)+"\n" {
				err = errors.New("its lines are not those that were written, or its end is missing")
			}
			return err
		}
		if err != nil {
			return errors.New("it breaks off")
		}
		digest.Write(before)
		before = append(before[:0], line...)
	}
}

// rewind goes before the first file.
func (m *manifest) rewind() error {
	if _, err := m.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m.lines = bufio.NewScanner(m.f)
	m.lines.Buffer(make([]byte, 0, 4096), maxLine)
	m.ahead, m.ended, m.met = nil, false, 0
	if !m.lines.Scan() {
		return errors.New("it is empty")
	}
	if err := json.Unmarshal(m.lines.Bytes(), &m.header); err != nil {
		return err
	}
	if len(m.Lineage) == 0 {
		return errors.New("it does not say which store it is of")
	}
	return nil
}

// next returns the files one by one, and io.EOF behind the last.
func (m *manifest) next() (f file, err error) {
	if !m.lines.Scan() {
		return f, errors.Join(io.ErrUnexpectedEOF, m.lines.Err())
	}
	if err := json.Unmarshal(m.lines.Bytes(), &f); err != nil {
		return f, err
	}
	if f.Path == "" { // the end, or a line that pretends to be it and hides those that follow
		var e end
		if err := json.Unmarshal(m.lines.Bytes(), &e); err != nil || e.Files != m.met || m.lines.Scan() {
			return f, fmt.Errorf("%w: %s ends early, behind %d files", ErrDamaged, m.f.Name(), m.met)
		}
		return f, io.EOF
	}
	if !localPath(f.Path) || !localPath(f.Copy) || f.Size < 0 {
		return f, fmt.Errorf("%w: manifest names %q", ErrDamaged, f.Path)
	}
	m.met++
	return f, nil
}

// find returns the file of a path, nil if there is none. Paths must ascend from
// call to call. A nil manifest has no files.
func (m *manifest) find(path string) (*file, error) {
	for m != nil && !m.ended && (m.ahead == nil || ComparePaths(m.ahead.Path, path) < 0) {
		f, err := m.next()
		if m.ended = err == io.EOF; m.ended {
			break
		}
		if err != nil {
			return nil, err
		}
		m.ahead = &f
	}
	if m == nil || m.ended || m.ahead.Path != path {
		return nil, nil
	}
	return m.ahead, nil
}

func (m *manifest) close() error { return m.f.Close() }

// manifestWriter writes a manifest beside the one that it will replace.
type manifestWriter struct {
	dir    string
	f      *os.File // nil once it has ended
	out    *bufio.Writer
	digest hash.Hash
	files  int64
}

func createManifest(dir string, h header) (*manifestWriter, error) {
	name := filepath.Join(dir, manifestName+".new")
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a backup that was killed, or a link
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w := &manifestWriter{dir: dir, f: f, digest: sha256.New()}
	w.out = bufio.NewWriter(io.MultiWriter(f, w.digest))
	return w, w.line(h)
}

func (w *manifestWriter) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(text) >= maxLine {
		return fmt.Errorf("backup: a line of the manifest has %d bytes: %.100q", len(text), text)
	}
	_, err = w.out.Write(append(bytes.TrimSpace(text), '\n'))
	return err
}

func (w *manifestWriter) add(f file) error {
	w.files++
	return w.line(f)
}

// commit makes the manifest take the place of the old one, durably.
func (w *manifestWriter) commit() error {
	if err := w.out.Flush(); err != nil {
		return err
	}
	sum := hex.EncodeToString(w.digest.Sum(nil))
	if err := errors.Join(w.line(end{Files: w.files, SHA256: sum}), w.out.Flush()); err != nil {
		return err
	}
	if err := w.f.Sync(); err != nil {
		return err
	}
	f := w.f
	w.f = nil
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(w.dir, manifestName)); err != nil {
		return err
	}
	return durable.SyncDir(w.dir)
}

// abort does nothing after commit.
func (w *manifestWriter) abort() {
	if w.f != nil {
		w.f.Close()
		os.Remove(w.f.Name())
		w.f = nil
	}
}
