package oss

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// trickle yields a byte every second.
type trickle struct{ r io.Reader }

func (t trickle) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return t.r.Read(p[:1])
}

// Fields must arrive within a bounded time, however steadily they trickle in.
// The file may take longer.
func TestFormFieldsTakeTooLong(t *testing.T) {
	const head = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n"
	const file = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		f := newForm(trickle{strings.NewReader(head + file)}, "b", nil)
		if err := f.readFields(); err != nil {
			t.Errorf("%d bytes in %v: %v", len(head+file), time.Since(started), err)
		}
		f = newForm(io.MultiReader(strings.NewReader(head+file), trickle{strings.NewReader(strings.Repeat("x", 600) + "\r\n--b--")}), "b", nil)
		if err := f.readFields(); err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(f.file); len(content) != 600 || err != nil {
			t.Errorf("a slow file: %d bytes, %v", len(content), err)
		}
		started = time.Now()
		f = newForm(trickle{strings.NewReader(head + strings.Repeat("x", 1000))}, "b", nil)
		var refusal *Error
		if err := f.readFields(); !errors.As(err, &refusal) || refusal != errFormSlow || time.Since(started) > fieldsTimeout+2*time.Second {
			t.Errorf("slow fields: %v after %v", err, time.Since(started))
		}
	})
}

func TestBaseName(t *testing.T) {
	for path, want := range map[string]string{
		"a.txt": "a.txt", "/tmp/a.txt": "a.txt", `C:\tmp\a.txt`: "a.txt", `a/b\c`: "c", `a\b/c`: "c", "a/": "", `\`: "", "": "", "..": "..", "../..": "..",
	} {
		if got := baseName(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// Two fields of legal size cannot make a key of gigabytes.
func TestFormKeyIsBounded(t *testing.T) {
	f := &form{fields: fieldMap{"key": strings.Repeat("${filename}", 100_000)}, name: strings.Repeat("n", 30_000)}
	if key, ok := f.key(); ok || key != "" {
		t.Errorf("a key of %d bytes, %t", len(key), ok)
	}
	f = &form{fields: fieldMap{"key": "in/${filename}/${filename}"}, name: "a.txt"}
	if key, ok := f.key(); !ok || key != "in/a.txt/a.txt" {
		t.Errorf("%q, %t", key, ok)
	}
}

// The fields of all unfinished forms together are bounded, and counted back.
func TestFormBytes(t *testing.T) {
	var held formBytes
	if !held.take(maxFormBytes) || held.take(1) {
		t.Error("the bound is not kept")
	}
	held.give(maxFormBytes)
	if !held.take(maxFormBytes) {
		t.Error("what was given back is not free")
	}
	held.give(maxFormBytes)
	const head = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nabc\r\n"
	f := newForm(strings.NewReader(head+"--b--"), "b", nil)
	f.held = &held
	if _, err := f.readKey("demo"); err == nil {
		t.Error("a form without a file was read")
	}
	if f.release(); held.held.Load() != 0 {
		t.Errorf("%d bytes are still counted", held.held.Load())
	}
}
