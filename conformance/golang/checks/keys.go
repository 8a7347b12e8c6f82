package checks

import (
	"encoding/json"
	"errors"
	"os"
)

// key is an object key that clients, proxies or servers like to change, and its name
// in the report.
type key struct{ Name, Key string }

func readKeys(file string) (keys []key, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, &keys); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New(file + " has no keys")
	}
	return keys, nil
}
