//go:build conformance

package conformance

import (
	"net/url"
	"testing"
)

const (
	stsUpload = "../examples/python/sts_upload.py"
	signedURL = "../examples/python/signed_url.py"

	// What sts_upload.py uploads.
	objectKey     = "object-name.txt"
	objectContent = "hello world"
)

// TestExamples runs the programs that users are shown: a RAM user uploads through a
// role session, and a visitor downloads with a signed URL.
func TestExamples(t *testing.T) {
	testExamples(t, newTarget(t))
}

// TestExamplesAsTheirREADMESays uses the bootstrap file that the README names.
func TestExamplesAsTheirREADMESays(t *testing.T) {
	testExamples(t, startTarget(t, examplesFile))
}

func testExamples(t *testing.T, tg target) {
	t.Helper()
	tg.python(t, tg.people.user, stsUpload)

	link := tg.python(t, tg.people.owner, signedURL, objectKey)
	parsed, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if want := tg.host(t); parsed.Host != want {
		t.Errorf("the URL leads to %s, want %s", parsed.Host, want)
	}
	if got := fetch(t, "GET", link, nil); got.status != 200 || got.body != objectContent {
		t.Errorf("download: %+v, want 200 with %q", got, objectContent)
	}
}

// TestExampleIsRefused shows that the upload depends on the role: the account's own
// key may not assume one, and the program says so.
func TestExampleIsRefused(t *testing.T) {
	tg := newTarget(t)
	_, stderr, err := tg.tryPython(t, tg.people.owner, stsUpload)
	if want := "STS refused: NoPermission: Roles may not be assumed by root accounts.\n"; err == nil || stderr != want {
		t.Errorf("with the account's key: %v, %q; want a failure and %q", err, stderr, want)
	}
}
