package care

import (
	"encoding/json"
	"os"
	"path/filepath"

	"ossd/backup"
	"ossd/internal/durable"
)

// lastBackupFile notes the last backup, for the metrics.
const lastBackupFile = "backup.json"

func writeLastBackup(data string, r backup.Result) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(data, lastBackupFile), append(text, '\n'), 0o644)
}

// LastBackup returns what is noted of the last backup that was made of a data
// directory; an error of fs.ErrNotExist means that there was none.
func LastBackup(data string) (r backup.Result, err error) {
	text, err := os.ReadFile(filepath.Join(data, lastBackupFile))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}
