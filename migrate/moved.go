package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ossd/internal/durable"
)

// movedFile lies in the directory of a store that has moved elsewhere.
const movedFile = "moved.json"

// Moved is what it says, without secrets.
type Moved struct {
	At       time.Time `json:"at"`
	Metadata string    `json:"metadata"`
	Blobs    string    `json:"blobs"`
}

// ErrMoved is wrapped where a store must not be served, since it has moved.
var ErrMoved = errors.New("this store has moved")

// WriteMoved makes the store in a directory one that has moved.
func WriteMoved(data string, m Moved) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(data, movedFile), append(text, '\n'), 0o600)
}

// ReadMoved tells where the store in a directory has moved, if it has.
func ReadMoved(data string) (m Moved, moved bool, err error) {
	name := filepath.Join(data, movedFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, true, fmt.Errorf("%s: %w", name, err)
	}
	return m, true, nil
}

// Stays returns an error that wraps ErrMoved if the store in a directory has moved.
func Stays(data string) error {
	m, moved, err := ReadMoved(data)
	if err != nil || !moved {
		return err
	}
	return fmt.Errorf("%w at %s, to %s and %s; what was written there since is not in %s. To serve from here all the same, remove %s",
		ErrMoved, m.At.Local().Format("2006-01-02 15:04:05"), m.Metadata, m.Blobs, data, filepath.Join(data, movedFile))
}
