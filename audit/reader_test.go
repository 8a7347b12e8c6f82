package audit_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ossd/audit"
)

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// at is a record of some hour.
func at(hour int, change func(*audit.Record)) audit.Record {
	r := audit.Record{
		Time: day.Add(time.Duration(hour) * time.Hour), RequestID: fmt.Sprintf("R%d", hour), API: "oss", Operation: "GetObject",
		Principal: "acs:ram::1:user/alice", AccessKeyID: "LTAI1", Bucket: "photos", Key: "a/b", Decision: "allow", Status: 200, SourceIP: "192.0.2.1",
	}
	if change != nil {
		change(&r)
	}
	return r
}

func lines(t *testing.T, records ...audit.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, r := range records {
		if err := json.NewEncoder(&b).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if filepath.Ext(name) == ".gz" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		content = b.Bytes()
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func search(t *testing.T, dir string, f audit.Filter) (ids []string) {
	t.Helper()
	if err := audit.Search(t.Context(), dir, f, func(l audit.Line) error { ids = append(ids, l.RequestID); return nil }); err != nil {
		t.Fatal(err)
	}
	return ids
}

// Records come from all files of the log, in the order of time, and each filter
// lets through what fits it.
func TestSearch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "audit-2026-03-01T02-30-00.000.jsonl.gz", lines(t, at(1, nil), at(2, func(r *audit.Record) { r.Principal = "" })))
	write(t, dir, "audit-2026-03-01T04-30-00.000.jsonl", lines(t, at(3, func(r *audit.Record) { r.Status, r.Code, r.Decision = 403, "AccessDenied", "deny" }), at(4, func(r *audit.Record) { r.Bucket, r.Key = "other", "z" })))
	last := append(lines(t, at(5, func(r *audit.Record) { r.API, r.Operation = "sts", "AssumeRole" })), "no record\n\n"...)
	last = append(last, lines(t, at(6, func(r *audit.Record) { r.SourceIP, r.AccessKeyID = "192.0.2.2", "LTAI2" }))...)
	write(t, dir, audit.FileName, append(last, `{"requestId":"being written`...))
	write(t, dir, "notes.txt", []byte("x"))
	for name, c := range map[string]struct {
		filter audit.Filter
		want   []string
	}{
		"all":           {audit.Filter{}, []string{"R1", "R2", "R3", "R4", "R5", "R6"}},
		"since":         {audit.Filter{Since: day.Add(3 * time.Hour)}, []string{"R3", "R4", "R5", "R6"}},
		"until":         {audit.Filter{Until: day.Add(3 * time.Hour)}, []string{"R1", "R2"}},
		"nothing":       {audit.Filter{Since: day.Add(24 * time.Hour)}, nil},
		"principal":     {audit.Filter{Principal: "USER/alice", Until: day.Add(3 * time.Hour)}, []string{"R1"}},
		"anonymous":     {audit.Filter{Principal: "anonymous"}, []string{"R2"}},
		"bucket":        {audit.Filter{Bucket: "other"}, []string{"R4"}},
		"key":           {audit.Filter{KeyPrefix: "z"}, []string{"R4"}},
		"operation":     {audit.Filter{Operation: "assumerole"}, []string{"R5"}},
		"api":           {audit.Filter{API: "sts"}, []string{"R5"}},
		"denied":        {audit.Filter{Decision: "deny"}, []string{"R3"}},
		"failed":        {audit.Filter{Failed: true}, []string{"R3"}},
		"status":        {audit.Filter{Status: 403}, []string{"R3"}},
		"code":          {audit.Filter{Code: "AccessDenied"}, []string{"R3"}},
		"request":       {audit.Filter{RequestID: "r3"}, []string{"R3"}},
		"address":       {audit.Filter{SourceIP: "192.0.2.2"}, []string{"R6"}},
		"access key":    {audit.Filter{AccessKeyID: "LTAI2"}, []string{"R6"}},
		"contradiction": {audit.Filter{Bucket: "other", Status: 403}, nil},
	} {
		if got := search(t, dir, c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestSearchFails(t *testing.T) {
	nothing := func(audit.Line) error { return nil }
	if err := audit.Search(t.Context(), filepath.Join(t.TempDir(), "absent"), audit.Filter{}, nothing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	dir := t.TempDir()
	write(t, dir, audit.FileName, lines(t, at(1, nil)))
	mine := errors.New("enough")
	if err := audit.Search(t.Context(), dir, audit.Filter{}, func(audit.Line) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("the caller's own error: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "audit-2026-03-01T02-30-00.000.jsonl.gz"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := audit.Search(t.Context(), dir, audit.Filter{}, nothing); err == nil {
		t.Error("a damaged file was passed over")
	}
}

// Following shows what comes after it began, each record once, also when a line
// is written in two pieces and when the file is put aside.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, audit.FileName, lines(t, at(1, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan string, 1000)
	ended := make(chan error, 1)
	go func() {
		ended <- audit.Follow(ctx, dir, audit.Filter{}, func(l audit.Line) error { seen <- l.RequestID; return nil })
	}()
	file := filepath.Join(dir, audit.FileName)
	add := func(b []byte) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-seen:
				if got == "probe" {
					continue
				}
				if got != want {
					t.Fatalf("saw %s, want %s", got, want)
				}
				return
			case <-time.After(20 * time.Second):
				t.Fatalf("%s did not come", want)
			}
		}
	}
	for following := false; !following; { // it has begun when it sees something
		add(lines(t, at(1, func(r *audit.Record) { r.RequestID = "probe" })))
		select {
		case <-seen:
			following = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	second := lines(t, at(2, nil))
	add(second[:20])
	time.Sleep(600 * time.Millisecond)
	add(second[20:])
	wait("R2")
	if err := os.Rename(file, filepath.Join(dir, "audit-2026-03-01T02-30-00.000.jsonl")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond)
	add(lines(t, at(3, nil)))
	wait("R3")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
