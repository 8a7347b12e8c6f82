package oss_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

var update = flag.Bool("update", false, "rewrite the responses in testdata/*.txtar")

// TestTranscripts plays the requests of testdata/*.txtar against a fresh server
// and compares the whole answers. A request is a line METHOD TARGET, headers,
// an empty line and a body; three headers are the test's own: "as" names the
// caller (root, anonymous, or a key of the declaration below), "scheme" the
// signature, "later" how much the server's clock is put forward before. The ids
// of versions and uploads stand in requests as answers before named them, and
// <1024 bytes> in a body for as many bytes.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playTranscript(t, file) })
	}
}

const declaration = `
accounts:
- id: "1234567890123456"
  users:
  - {name: reader, accessKeys: [{id: LTAItranscriptReader001, secret: readerSecret00000000000000001}], policies: [AliyunOSSReadOnlyAccess]}
  - {name: nobody, accessKeys: [{id: LTAItranscriptNobody001, secret: nobodySecret00000000000000001}]}
  - {name: mover, accessKeys: [{id: LTAItranscriptMover0001, secret: moverSecret000000000000000001}], policies: [move]}
  policies:
  - name: move
    document:
      Version: "1"
      Statement:
      - {Effect: Allow, Action: "oss:GetObject", Resource: "acs:oss:*:*:from/*"}
      - {Effect: Allow, Action: "oss:PutObject", Resource: "acs:oss:*:*:into/*"}
      - {Effect: Allow, Action: "oss:DeleteObject", Resource: "acs:oss:*:*:into/tmp/*"}
      - {Effect: Allow, Action: "oss:PutBucketAcl", Resource: "*"}
- id: "2222222222222222"
  accessKeyId: LTAItranscriptOther0001
  accessKeySecret: otherSecret000000000000000001
`

var callers = map[string]signature.Credentials{
	"root":   {AccessKeyID: ossdtest.AccessKeyID, Secret: ossdtest.AccessKeySecret},
	"reader": {AccessKeyID: "LTAItranscriptReader001", Secret: "readerSecret00000000000000001"},
	"nobody": {AccessKeyID: "LTAItranscriptNobody001", Secret: "nobodySecret00000000000000001"},
	"mover":  {AccessKeyID: "LTAItranscriptMover0001", Secret: "moverSecret000000000000000001"},
	"other":  {AccessKeyID: "LTAItranscriptOther0001", Secret: "otherSecret000000000000000001"},
}

func playTranscript(t *testing.T, file string) {
	clock := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration, Now: clock.now})
	var seen aliases
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	for i := range archive.Files {
		f := &archive.Files[i]
		switch {
		case f.Name == "setup":
			for line := range strings.Lines(string(f.Data)) {
				request, body, _ := strings.Cut(strings.TrimSpace(line), " <- ")
				if got := play(t, s, clock, request+"\n\n"+body); !strings.HasPrefix(got, "2") {
					t.Fatalf("setup %q: %s", line, got)
				}
			}
		case strings.HasPrefix(f.Name, "request"):
			got := seen.shorten(play(t, s, clock, seen.expand(string(f.Data))))
			if i+1 >= len(archive.Files) || archive.Files[i+1].Name != strings.Replace(f.Name, "request", "response", 1) {
				t.Fatalf("%s has no response behind it", f.Name)
			}
			want := &archive.Files[i+1]
			if got == string(want.Data) {
				continue
			}
			if *update {
				want.Data, changed = []byte(got), true
				continue
			}
			t.Errorf("%s:\n%s\nanswered:\n%s\nwant:\n%s", f.Name, f.Data, got, want.Data)
		}
	}
	if changed {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// aliases spell ids that differ from run to run: <version 1> is the first
// version that an answer named, <upload 1> the first upload.
type aliases struct {
	pairs             []string // alias, id, alias, id …
	versions, uploads int
}

var chosenIDs = regexp.MustCompile(`CAEQ[0-9a-f]{28}|<UploadId>[0-9A-F]{32}<`)

// shorten replaces ids, new ones included, in an answer.
func (a *aliases) shorten(text string) string {
	for _, found := range chosenIDs.FindAllString(text, -1) {
		id, isUpload := strings.CutPrefix(strings.TrimSuffix(found, "<"), "<UploadId>")
		if slices.Contains(a.pairs, id) {
			continue
		}
		alias := ""
		if isUpload {
			a.uploads++
			alias = fmt.Sprintf("<upload %d>", a.uploads)
		} else {
			a.versions++
			alias = fmt.Sprintf("<version %d>", a.versions)
		}
		a.pairs = append(a.pairs, alias, id)
	}
	reversed := slices.Clone(a.pairs)
	slices.Reverse(reversed)
	return strings.NewReplacer(reversed...).Replace(text)
}

var fillers = regexp.MustCompile(`<(\d+) bytes>`)

// expand puts ids and bytes in place of what stands for them in a request.
func (a *aliases) expand(text string) string {
	text = strings.NewReplacer(a.pairs...).Replace(text)
	return fillers.ReplaceAllStringFunc(text, func(filler string) string {
		n, err := strconv.Atoi(fillers.FindStringSubmatch(filler)[1])
		if err != nil {
			return filler
		}
		return strings.Repeat("0123456789abcdef", n/16+1)[:n]
	})
}

// play sends one request and spells the answer.
func play(t *testing.T, s *ossdtest.Server, clock *clock, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	as, scheme := "root", signature.V4Header
	header := http.Header{}
	host := s.Addr
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "as":
			as = value
		case "scheme":
			scheme = signature.Scheme(value)
		case "later":
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			clock.advance(d)
		case "Host":
			host = value
		default:
			header.Add(name, value)
		}
	}
	body = strings.TrimSuffix(body, "\n")
	return spell(s, send(t, s, request{method: method, host: host, target: target, header: header, body: body, as: as, scheme: scheme}))
}

type request struct {
	method, host, target string
	header               http.Header
	body                 string
	as                   string
	scheme               signature.Scheme
	key                  signature.Credentials // in place of those of as
	now                  time.Time             // when it is signed; zero: now
}

// send signs as the caller and sends.
func send(t *testing.T, s *ossdtest.Server, q request) *http.Response {
	t.Helper()
	if q.header == nil {
		q.header = http.Header{}
	}
	if q.host == "" {
		q.host = s.Addr
	}
	target := sign(t, q)
	r, err := http.NewRequestWithContext(t.Context(), q.method, s.URL+target, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Header = q.host, q.header
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// sign adds the signature to the headers, or returns a target that carries it.
func sign(t testing.TB, q request) string {
	t.Helper()
	if q.as == "anonymous" {
		return q.target
	}
	cred, ok := callers[q.as]
	if q.key.AccessKeyID != "" {
		cred = q.key
	} else if !ok {
		t.Fatalf("no caller %q", q.as)
	}
	if q.now.IsZero() {
		q.now = time.Now()
	}
	path, raw, _ := strings.Cut(q.target, "?")
	query, err := signature.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	r := &signature.Request{Method: q.method, Host: q.host, Path: path, Query: query, Header: q.header}
	domains := signature.Domains{Service: []string{ossdtest.Domain}}
	resources, err := domains.Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	switch q.scheme {
	case signature.V1Header, signature.V2Header, signature.V4Header:
		err = signature.SignHeader(q.scheme, r, resources[0], cred, ossdtest.Region, q.now)
	default:
		if err = signature.Presign(q.scheme, r, resources[0], cred, ossdtest.Region, q.now, time.Minute); err == nil {
			return path + "?" + r.Query.Encode()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return q.target
}

// volatile are the headers that say nothing of the behaviour under test.
var volatile = []string{"Date", "Connection", "Server", "X-Oss-Server-Time", "X-Oss-Request-Id"}

var (
	messages = regexp.MustCompile(`\bAQIB[A-Za-z0-9+/]{1000}[A-Za-z0-9+/]+`)
	users    = regexp.MustCompile(`\b2\d{17}\b`)
	ids      = regexp.MustCompile(`\b[0-9A-F]{24}\b`)
	stamps   = regexp.MustCompile(`\b1\d{9}\b|\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT`)
)

func spell(s *ossdtest.Server, resp *http.Response) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, resp.StatusCode)
	var names []string
	for name := range resp.Header {
		if !slices.Contains(volatile, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		value := resp.Header.Get(name)
		if name == "X-Oss-Err" { // its length differs with the server's address
			text, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return err.Error()
			}
			value = strings.Join(strings.Fields(string(text)), " ")
		}
		if name == "Content-Length" && strings.Contains(resp.Header.Get("Content-Type"), "xml") {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	if len(body) > 0 {
		text := strings.TrimSuffix(string(body), "\n")
		fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll(text, "><", ">\n<"))
	}
	text := strings.ReplaceAll(b.String(), s.Addr, "<host>")
	text = messages.ReplaceAllString(text, "<message>")
	text = users.ReplaceAllString(text, "<user id>")
	return stamps.ReplaceAllString(ids.ReplaceAllString(text, "<id>"), "<time>")
}
