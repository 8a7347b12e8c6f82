package backup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ossd/internal/durable"
)

// LineageFile is where a store keeps who it is: a random id, one a line, and
// below it the ids of the stores that it was restored from. Two stores that came
// from one backup give different bytes the same names from then on; by the ids a
// backup tells them apart.
const LineageFile = "lineage"

// maxLineage bounds how many ancestors are remembered.
const maxLineage = 100

// Lineage returns who a store is. A store that has no id yet is given one; only
// who holds its lock may ask for that first time.
func Lineage(store string) ([]string, error) {
	name := filepath.Join(store, LineageFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		ids := []string{rand.Text()}
		return ids, writeLineage(name, ids)
	}
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(text))
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s is empty; remove it, and the next backup begins anew", name)
	}
	return ids, nil
}

func writeLineage(name string, ids []string) error {
	return durable.WriteFile(name, []byte(strings.Join(ids[:min(len(ids), maxLineage)], "\n")+"\n"), 0o600)
}
