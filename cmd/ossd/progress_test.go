package main

import (
	"bytes"
	"testing"
	"time"

	"ossd/migrate"
)

// On a terminal one line changes five times a second; elsewhere a line comes every ten seconds.
func TestProgress(t *testing.T) {
	for name, c := range map[string]struct {
		terminal bool
		want     string
	}{
		"file":     {false, "scrubbing  50 %  1.0 GB of 2.0 GB  100 MB/s  10s left\nscrubbing 100 %  2.0 GB of 2.0 GB  100 MB/s\n"},
		"terminal": {true, "\r\x1b[K[============            ] scrubbing  50 %  1.0 GB of 2.0 GB  100 MB/s  10s left\r\x1b[K[========================] scrubbing 100 %  2.0 GB of 2.0 GB  100 MB/s\r\x1b[K"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			now := time.Unix(0, 0)
			p := newProgress(&out, "scrubbing", sizeText)
			p.terminal, p.now, p.begun, p.last = c.terminal, func() time.Time { return now }, now, now
			p.update(0, 2e9)
			now = now.Add(10 * time.Second)
			p.update(1e9, 2e9)
			now = now.Add(100 * time.Millisecond)
			p.update(1.01e9, 2e9) // too soon
			now = now.Add(9900 * time.Millisecond)
			p.update(2e9, 2e9)
			p.clear()
			if out.String() != c.want {
				t.Errorf("got  %q\nwant %q", out.String(), c.want)
			}
		})
	}
}

// Each stage of a migration is counted anew; bytes are shown beside what is counted.
func TestMigrationProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&out, "", nil)
	p.now, p.begun, p.last = func() time.Time { return now }, now, now
	show := stages(p)
	for _, at := range []migrate.Progress{
		{Stage: migrate.Contents, Pass: 1, Total: 400},
		{Stage: migrate.Contents, Pass: 1, Total: 400, Done: 100, Bytes: 2e9},
		{Stage: migrate.Rows, Pass: 1, Total: 900},
		{Stage: migrate.Rows, Pass: 1, Total: 900, Done: 900},
	} {
		show(at)
		now = now.Add(10 * time.Second)
	}
	want := "pass 1: contents  25 %  100 of 400  10/s  2.0 GB, 200 MB/s  30s left\n" +
		"pass 1: rows   0 %  0 of 900  0/s\n" +
		"pass 1: rows 100 %  900 of 900  90/s\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}
