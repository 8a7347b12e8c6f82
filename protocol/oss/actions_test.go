package oss_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// limited is a user whose policy a test writes.
var limited = signature.Credentials{AccessKeyID: "LTAItranscriptLimited01", Secret: "limitedSecret00000000000000001"}

// grants declares a world in which the limited user may do what is listed, each
// an action and a resource below "acs:oss:*:*:", and nothing else.
func grants(list []string) string {
	var b strings.Builder
	b.WriteString(`
accounts:
- id: "1234567890123456"
  users:
  - {name: limited, accessKeys: [{id: ` + limited.AccessKeyID + `, secret: ` + limited.Secret + `}], policies: [some]}
  policies:
  - name: some
    document:
      Version: "1"
      Statement:
      - {Effect: Allow, Action: "oss:ListBuckets", Resource: "*"}
`)
	for _, g := range list {
		action, resource, _ := strings.Cut(g, " ")
		fmt.Fprintf(&b, "      - {Effect: Allow, Action: \"oss:%s\", Resource: \"acs:oss:*:*:%s\"}\n", action, resource)
	}
	return b.String()
}

// world is a server with one object of every kind.
type world struct {
	*ossdtest.Server
	names map[string]string // of what the server chose to call by itself
}

func newWorld(t *testing.T, granted []string) *world {
	t.Helper()
	w := &world{ossdtest.Start(t, ossdtest.Options{Declaration: grants(granted)}), map[string]string{}}
	put := func(target, body string, header ...string) *http.Response {
		t.Helper()
		q := request{method: "PUT", target: target, body: body, header: pairs(header), as: "root", scheme: signature.V4Header}
		resp := send(t, w.Server, q)
		if resp.StatusCode != 200 {
			t.Fatalf("%s: %s", target, spell(w.Server, resp))
		}
		return resp
	}
	put("/demo", "")
	put("/demo/plain", "x")
	put("/demo/tagged", "x", "x-oss-tagging", "a=1")
	put("/demo/link?symlink", "", "x-oss-symlink-target", "plain")
	put("/demo/frozen", "x", "x-oss-storage-class", "Archive")
	put("/kept", "")
	put("/kept?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	w.names["version"] = put("/kept/plain", "x", "x-oss-tagging", "a=1").Header.Get("x-oss-version-id")
	w.names["frozen"] = put("/kept/frozen", "x", "x-oss-storage-class", "Archive").Header.Get("x-oss-version-id")
	w.names["link"] = put("/kept/link?symlink", "", "x-oss-symlink-target", "plain").Header.Get("x-oss-version-id")
	resp := send(t, w.Server, request{method: "POST", target: "/demo/parts?uploads", as: "root", scheme: signature.V4Header})
	document, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	w.names["upload"] = element(string(document), "UploadId")
	w.names["etag"] = strings.Trim(put("/demo/parts?partNumber=1&uploadId="+w.names["upload"], "x").Header.Get("ETag"), `"`)
	return w
}

// fill puts the server's names in place of {version}, {upload} and so on.
func (w *world) fill(text string) string {
	for name, value := range w.names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

func pairs(list []string) http.Header {
	h := http.Header{}
	for i := 0; i < len(list); i += 2 {
		h.Set(list[i], list[i+1])
	}
	return h
}

var authAction = regexp.MustCompile(`<AuthAction>(.*?)</AuthAction>`)

// Each operation asks for exactly the actions that the vendor documents: with all
// of them it works, and for want of any one it is refused by that one's name
// (documentation "RAM policy" and the pages of the operations).
func TestActions(t *testing.T) {
	const complete = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>`
	const tags = `<Tagging><TagSet/></Tagging>`
	tagging := []string{"x-oss-tagging", "a=1"}
	from := func(source string, more ...string) []string {
		return append([]string{"x-oss-copy-source", source}, more...)
	}
	for name, c := range map[string]struct {
		method, target, body string
		header               []string
		want                 []string
	}{
		"GetObject":              {"GET", "/demo/plain", "", nil, []string{"GetObject demo/plain"}},
		"GetObject version":      {"GET", "/kept/plain?versionId={version}", "", nil, []string{"GetObjectVersion kept/plain"}},
		"HeadObject":             {"HEAD", "/demo/plain", "", nil, []string{"GetObject demo/plain"}},
		"GetObjectMeta version":  {"GET", "/kept/plain?objectMeta&versionId={version}", "", nil, []string{"GetObjectVersion kept/plain"}},
		"link":                   {"GET", "/demo/link", "", nil, []string{"GetObject demo/link", "GetObject demo/plain"}},
		"version of link":        {"GET", "/kept/link?versionId={link}", "", nil, []string{"GetObjectVersion kept/link", "GetObject kept/plain"}},
		"GetObjectMeta of link":  {"GET", "/demo/link?objectMeta", "", nil, []string{"GetObject demo/link"}},
		"GetSymlink":             {"GET", "/demo/link?symlink", "", nil, []string{"GetObject demo/link"}},
		"GetSymlink version":     {"GET", "/kept/link?symlink&versionId={link}", "", nil, []string{"GetObjectVersion kept/link"}},
		"PutSymlink":             {"PUT", "/demo/new?symlink", "", []string{"x-oss-symlink-target", "plain"}, []string{"PutObject demo/new"}},
		"PutSymlink, tags":       {"PUT", "/demo/new?symlink", "", append(tagging, "x-oss-symlink-target", "plain"), []string{"PutObject demo/new", "PutObjectTagging demo/new"}},
		"GetObjectAcl version":   {"GET", "/kept/plain?acl&versionId={version}", "", nil, []string{"GetObjectVersionAcl kept/plain"}},
		"PutObjectAcl version":   {"PUT", "/kept/plain?acl&versionId={version}", "", []string{"x-oss-object-acl", "private"}, []string{"PutObjectVersionAcl kept/plain"}},
		"PutObject":              {"PUT", "/demo/plain", "x", nil, []string{"PutObject demo/plain"}},
		"PutObject, tags":        {"PUT", "/demo/plain", "x", tagging, []string{"PutObject demo/plain", "PutObjectTagging demo/plain"}},
		"AppendObject":           {"POST", "/demo/new?append&position=0", "x", nil, []string{"PutObject demo/new"}},
		"AppendObject, tags":     {"POST", "/demo/new?append&position=0", "x", tagging, []string{"PutObject demo/new", "PutObjectTagging demo/new"}},
		"DeleteObject":           {"DELETE", "/kept/plain", "", nil, []string{"DeleteObject kept/plain"}},
		"DeleteObject version":   {"DELETE", "/kept/plain?versionId={version}", "", nil, []string{"DeleteObjectVersion kept/plain"}},
		"deletions":              {"POST", "/kept?delete", "<Delete><Object><Key>plain</Key></Object></Delete>", nil, []string{"DeleteObject kept/plain"}},
		"deletions of versions":  {"POST", "/kept?delete", "<Delete><Object><Key>plain</Key><VersionId>{version}</VersionId></Object></Delete>", nil, []string{"DeleteObjectVersion kept/plain"}},
		"PutObjectTagging":       {"PUT", "/demo/plain?tagging", tags, nil, []string{"PutObjectTagging demo/plain"}},
		"PutObjectTagging v.":    {"PUT", "/kept/plain?tagging&versionId={version}", tags, nil, []string{"PutObjectVersionTagging kept/plain"}},
		"GetObjectTagging":       {"GET", "/demo/plain?tagging", "", nil, []string{"GetObjectTagging demo/plain"}},
		"GetObjectTagging v.":    {"GET", "/kept/plain?tagging&versionId={version}", "", nil, []string{"GetObjectVersionTagging kept/plain"}},
		"DeleteObjectTagging":    {"DELETE", "/demo/plain?tagging", "", nil, []string{"DeleteObjectTagging demo/plain"}},
		"DeleteObjectTagging v.": {"DELETE", "/kept/plain?tagging&versionId={version}", "", nil, []string{"DeleteObjectVersionTagging kept/plain"}},
		"RestoreObject":          {"POST", "/demo/frozen?restore", "", nil, []string{"RestoreObject demo/frozen"}},
		"RestoreObject version":  {"POST", "/kept/frozen?restore&versionId={frozen}", "", nil, []string{"RestoreObjectVersion kept/frozen"}},

		"CopyObject":          {"PUT", "/demo/new", "", from("/kept/link"), []string{"PutObject demo/new", "GetObject kept/link"}},
		"CopyObject, tags":    {"PUT", "/demo/new", "", from("/demo/tagged"), []string{"PutObject demo/new", "GetObject demo/tagged", "GetObjectTagging demo/tagged", "PutObjectTagging demo/new"}},
		"CopyObject, no tags": {"PUT", "/demo/new", "", from("/demo/tagged", "x-oss-tagging-directive", "Replace"), []string{"PutObject demo/new", "GetObject demo/tagged"}},
		"CopyObject, retagged": {"PUT", "/demo/new", "", from("/demo/tagged", "x-oss-tagging-directive", "Replace", "x-oss-tagging", "b=2"),
			[]string{"PutObject demo/new", "PutObjectTagging demo/new", "GetObject demo/tagged"}},
		"CopyObject version": {"PUT", "/demo/new", "", from("/kept/plain?versionId={version}"),
			[]string{"PutObject demo/new", "GetObjectVersion kept/plain", "GetObjectVersionTagging kept/plain", "PutObjectTagging demo/new"}},

		"InitiateMultipartUpload":       {"POST", "/demo/new?uploads", "", nil, []string{"PutObject demo/new"}},
		"InitiateMultipartUpload, tags": {"POST", "/demo/new?uploads", "", tagging, []string{"PutObject demo/new", "PutObjectTagging demo/new"}},
		"UploadPart":                    {"PUT", "/demo/parts?partNumber=1&uploadId={upload}", "x", nil, []string{"PutObject demo/parts"}},
		"UploadPartCopy":                {"PUT", "/demo/parts?partNumber=1&uploadId={upload}", "", from("/demo/tagged"), []string{"PutObject demo/parts", "GetObject demo/tagged"}},
		"UploadPartCopy version":        {"PUT", "/demo/parts?partNumber=1&uploadId={upload}", "", from("/kept/plain?versionId={version}"), []string{"PutObject demo/parts", "GetObjectVersion kept/plain"}},
		"CompleteMultipartUpload":       {"POST", "/demo/parts?uploadId={upload}", complete, nil, []string{"PutObject demo/parts"}},
		"AbortMultipartUpload":          {"DELETE", "/demo/parts?uploadId={upload}", "", nil, []string{"AbortMultipartUpload demo/parts"}},
		"ListParts":                     {"GET", "/demo/parts?uploadId={upload}", "", nil, []string{"ListParts demo/parts"}},
		"ListMultipartUploads":          {"GET", "/demo?uploads", "", nil, []string{"ListMultipartUploads demo"}},
		"ListObjectVersions":            {"GET", "/kept?versions", "", nil, []string{"ListObjectVersions kept"}},
		"GetBucketStat":                 {"GET", "/demo?stat", "", nil, []string{"GetBucketStat demo"}},
		"GetBucketVersioning":           {"GET", "/demo?versioning", "", nil, []string{"GetBucketVersioning demo"}},
		"PutBucketVersioning":           {"PUT", "/demo?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", nil, []string{"PutBucketVersioning demo"}},
	} {
		t.Run(name, func(t *testing.T) {
			try := func(granted []string) (status int, missing string) {
				w := newWorld(t, granted)
				q := request{method: c.method, target: w.fill(c.target), body: w.fill(c.body), key: limited, scheme: signature.V4Header}
				q.header = pairs(c.header)
				if source := q.header.Get("x-oss-copy-source"); source != "" {
					q.header.Set("x-oss-copy-source", w.fill(source))
				}
				resp := send(t, w.Server, q)
				text := spell(w.Server, resp)
				if found := authAction.FindStringSubmatch(text); found != nil {
					missing = strings.TrimPrefix(found[1], "oss:")
				}
				if resp.StatusCode/100 != 2 && missing == "" {
					t.Errorf("with %q: %s", granted, text)
				}
				return resp.StatusCode, missing
			}
			if status, missing := try(c.want); status/100 != 2 {
				t.Errorf("with all: %d for want of %q", status, missing)
			}
			for i, want := range c.want {
				action, _, _ := strings.Cut(want, " ")
				if status, missing := try(slices.Delete(slices.Clone(c.want), i, i+1)); status != 403 || missing != action {
					t.Errorf("without %s: %d for want of %q", want, status, missing)
				}
			}
		})
	}
}

// That an object has tags, and how many, is told only to who may read them.
func TestTagsAreCountedForReaders(t *testing.T) {
	for name, c := range map[string]struct {
		target  string
		granted []string
		want    string
	}{
		"reader":            {"/demo/tagged", []string{"GetObject demo/tagged", "GetObjectTagging demo/tagged"}, "1"},
		"no reader":         {"/demo/tagged", []string{"GetObject demo/tagged", "GetObjectVersionTagging demo/tagged"}, ""},
		"version":           {"/kept/plain?versionId={version}", []string{"GetObjectVersion kept/plain", "GetObjectVersionTagging kept/plain"}, "1"},
		"version, not told": {"/kept/plain?versionId={version}", []string{"GetObjectVersion kept/plain", "GetObjectTagging kept/plain"}, ""},
	} {
		w := newWorld(t, c.granted)
		for _, method := range []string{"GET", "HEAD"} {
			resp := send(t, w.Server, request{method: method, target: w.fill(c.target), key: limited, scheme: signature.V4Header})
			if got := resp.Header.Get("x-oss-tagging-count"); resp.StatusCode != 200 || got != c.want {
				t.Errorf("%s, %s: %s, %q tags", name, method, resp.Status, got)
			}
		}
	}
}
