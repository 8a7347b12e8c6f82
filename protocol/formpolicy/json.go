package formpolicy

import (
	"bytes"
	"encoding/json"
)

// The functions here take JSON that is known to be well-formed apart. They look
// at what is written, where encoding/json into structs would pick: the last of
// two equal names, and any spelling of a name.

// member is one member of an object.
type member struct {
	name  string
	value json.RawMessage
}

// kind is the first byte of a value, which tells its type.
func kind(raw json.RawMessage) byte {
	if raw = bytes.TrimLeft(raw, " \t\r\n"); len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// members lists the members of an object as they are written, equal names and all.
func members(object json.RawMessage) (out []member) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil
		}
		m := member{name: name}
		if err := d.Decode(&m.value); err != nil {
			return nil
		}
		out = append(out, m)
	}
	return out
}

// elements lists the elements of an array.
func elements(array json.RawMessage) (out []json.RawMessage) {
	if err := json.Unmarshal(array, &out); err != nil {
		return nil
	}
	return out
}

// str reads a string, and nothing else.
func str(raw json.RawMessage) (s string, ok bool) {
	if kind(raw) != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// strs reads a list of strings.
func strs(raw json.RawMessage) (out []string, ok bool) {
	if kind(raw) != '[' {
		return nil, false
	}
	for _, one := range elements(raw) {
		s, ok := str(one)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}
