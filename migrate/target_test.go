package migrate

import (
	"fmt"
	"strings"
	"testing"
)

func TestRedacted(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:pw@db:5432/x?sslmode=verify-full":             "postgres://u@db:5432/x?sslmode=verify-full",
		"postgres://u:p/w@pw@db/x":                                  "postgres://u@db/x",
		"postgres://db/x?user=u&password=pw&sslpassword=pw":         "postgres://db/x?user=u",
		"postgres://u:pw@a:1,b:2/x?target_session_attrs=read-write": "postgres://u@a:1,b:2/x?target_session_attrs=read-write",
		"postgres://u:pw@db":                                        "postgres://u@db",
		"postgres://u:pw@db/x?%zz=pw":                               "postgres://u@db/x",
		"s3://bucket/pre/fix?endpoint=http://127.0.0.1:7070":        "s3://bucket/pre/fix?endpoint=http://127.0.0.1:7070",
		"s3://bucket?secret-key=pw&region=r":                        "s3://bucket?region=r",
		"s3://id:pw@bucket":                                         "s3://id@bucket",
	} {
		got := Redacted(text)
		if got != want || strings.Contains(got, "pw") {
			t.Errorf("Redacted(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTarget(t *testing.T) {
	t.Setenv("OSSD_S3_SECRET_ACCESS_KEY", "s3-pw")
	t.Setenv("PGPASSWORD", "pg-pw")
	t.Setenv("UNRELATED", "x")
	target, err := NewTarget("postgres://u@a:1,b:2/x?sslmode=disable", "s3://bucket")
	if err != nil {
		t.Fatal(err)
	}
	if target.Getenv("OSSD_S3_SECRET_ACCESS_KEY") != "s3-pw" || target.Getenv("UNRELATED") != "" {
		t.Errorf("the environment is %q", target.Environment)
	}
	if got, want := target.MetadataURL(), "postgres://u@a:1,b:2/x?password=pg-pw&sslmode=disable"; got != want {
		t.Errorf("the database is %q, want %q", got, want)
	}
	spaced := Target{Metadata: "postgres://u@db/x", Environment: map[string]string{"PGPASSWORD": "a b+c"}}
	if got, want := spaced.MetadataURL(), "postgres://u@db/x?password=a%20b%2Bc"; got != want { // a + would be a plus there
		t.Errorf("the database is %q, want %q", got, want)
	}
	target.Metadata = "postgres://u:own@db/x"
	if got := target.MetadataURL(); got != target.Metadata {
		t.Errorf("a URL with a password became %q", got)
	}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(form, target); strings.Contains(text, "pw") || strings.Contains(text, "own") {
			t.Errorf("%s shows %q", form, text)
		}
	}
	for _, c := range [][2]string{{"s3://bucket", "postgres://db/x"}, {"", "s3://bucket"}, {"postgres://db/x", "/srv/blobs"}} {
		if _, err := NewTarget(c[0], c[1]); err == nil {
			t.Errorf("a store can move to %q", c)
		}
	}
}
