package oss_test

import (
	"net/http"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// Who may do nothing gets the same answer whether an object, version, delete
// marker, link or upload is there or not.
func TestNothingIsToldOfObjects(t *testing.T) {
	w := newWorld(t, nil)
	marker := send(t, w.Server, request{method: "DELETE", target: "/kept/gone", as: "root", scheme: signature.V4Header}).Header.Get("x-oss-version-id")
	const absent = "CAEQ0000000000000001000000000001"
	// Of each pair the first is there.
	for _, c := range []struct {
		method       string
		there, other string
		body         string
		header       []string
	}{
		{"GET", "/demo/plain", "/demo/absent", "", nil},
		{"HEAD", "/demo/plain", "/demo/absent", "", nil},
		{"GET", "/demo/link", "/demo/absent", "", nil},
		{"GET", "/demo/frozen", "/demo/absent", "", nil},
		{"GET", "/kept/gone", "/kept/absent", "", nil},
		{"HEAD", "/kept/gone", "/kept/absent", "", nil},
		{"GET", "/kept/gone?versionId=" + marker, "/kept/gone?versionId=" + absent, "", nil},
		{"GET", "/kept/plain?versionId=" + w.names["version"], "/kept/plain?versionId=" + absent, "", nil},
		{"GET", "/demo/plain?objectMeta", "/demo/absent?objectMeta", "", nil},
		{"GET", "/demo/link?symlink", "/demo/plain?symlink", "", nil},
		{"GET", "/demo/link?symlink", "/demo/absent?symlink", "", nil},
		{"GET", "/demo/tagged?tagging", "/demo/absent?tagging", "", nil},
		{"PUT", "/demo/tagged?tagging", "/demo/absent?tagging", "<Tagging", nil},
		{"DELETE", "/demo/tagged?tagging", "/demo/absent?tagging", "", nil},
		{"GET", "/demo/plain?acl", "/demo/absent?acl", "", nil},
		{"PUT", "/demo/plain?acl", "/demo/absent?acl", "", nil},
		{"POST", "/demo/frozen?restore", "/demo/absent?restore", "", nil},
		{"POST", "/demo/frozen?restore", "/demo/plain?restore", "<RestoreRequest", nil},
		{"POST", "/demo/plain?append&position=7", "/demo/absent?append&position=7", "x", nil},
		{"PUT", "/demo/plain", "/demo/absent", "x", []string{"x-oss-forbid-overwrite", "true"}},
		{"PUT", "/demo/plain?symlink", "/demo/absent?symlink", "", []string{"x-oss-forbid-overwrite", "true"}},
		{"POST", "/demo/plain?uploads", "/demo/absent?uploads", "", []string{"x-oss-forbid-overwrite", "true"}},
		{"DELETE", "/demo/plain", "/demo/absent", "", nil},
		{"DELETE", "/kept/plain?versionId=" + w.names["version"], "/kept/plain?versionId=" + absent, "", nil},
		{"PUT", "/demo/parts?partNumber=1&uploadId={upload}", "/demo/parts?partNumber=1&uploadId=0", "x", nil},
		{"PUT", "/demo/parts?partNumber=0&uploadId={upload}", "/demo/parts?partNumber=1&uploadId=0", "x", nil},
		{"POST", "/demo/parts?uploadId={upload}", "/demo/parts?uploadId=0", "<CompleteMultipartUpload", nil},
		{"DELETE", "/demo/parts?uploadId={upload}", "/demo/parts?uploadId=0", "", nil},
		{"GET", "/demo/parts?uploadId={upload}", "/demo/parts?uploadId=0", "", nil},
	} {
		for _, caller := range []request{{as: "anonymous"}, {key: limited}} {
			told := func(target string) string {
				q := caller
				q.method, q.target, q.body, q.header, q.scheme = c.method, w.fill(target), c.body, pairs(c.header), signature.V4Header
				resp := send(t, w.Server, q)
				if resp.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s: %s", c.method, target, resp.Status)
				}
				return spell(w.Server, resp)
			}
			if there, other := told(c.there), told(c.other); there != other {
				t.Errorf("%s %s:\n%s\n%s:\n%s", c.method, c.there, there, c.other, other)
			}
		}
	}
}

// Nor does a copy tell of its source, whoever may write the target.
func TestNothingIsToldOfSources(t *testing.T) {
	w := newWorld(t, []string{"PutObject demo/parts", "PutObject demo/new"})
	for _, target := range []string{"/demo/new", "/demo/parts?partNumber=1&uploadId={upload}", "/demo/parts?partNumber=1&uploadId=0", "/demo/parts?partNumber=0&uploadId=0"} {
		first := ""
		for _, source := range []string{
			"/kept/plain", "/kept/absent", "/kept/frozen", "/kept/link", "/kept/plain?versionId={version}", "/kept/plain?versionId=CAEQabsent", "/absent/plain",
		} {
			resp := send(t, w.Server, request{method: "PUT", target: w.fill(target), key: limited, scheme: signature.V4Header, header: pairs([]string{"x-oss-copy-source", w.fill(source)})})
			told := strings.ReplaceAll(spell(w.Server, resp), "oss:GetObjectVersion", "oss:GetObject")
			if first == "" {
				first = told
			}
			if resp.StatusCode != http.StatusForbidden || told != first {
				t.Errorf("%s from %s:\n%s\nand from the first one:\n%s", target, source, told, first)
			}
		}
	}
}

// What everybody may do with an object is what its access list, or its bucket's,
// says: read, write and delete what is current, and give up uploads. It never says
// more than that.
func TestAnonymousObjects(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration})
	mustSend(t, s, request{method: "PUT", target: "/open", header: pairs([]string{"x-oss-acl", "public-read-write"})})
	mustSend(t, s, request{method: "PUT", target: "/open?versioning", body: "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"})
	mustSend(t, s, request{method: "PUT", target: "/open/private", body: "x", header: pairs([]string{"x-oss-object-acl", "private"})})
	mustSend(t, s, request{method: "PUT", target: "/open/tagged", body: "x", header: pairs([]string{"x-oss-tagging", "a=1"})})
	mustSend(t, s, request{method: "PUT", target: "/open/frozen", body: "x", header: pairs([]string{"x-oss-storage-class", "Archive"})})
	mustSend(t, s, request{method: "PUT", target: "/open/to-private?symlink", header: pairs([]string{"x-oss-symlink-target", "private"})})
	upload := initiate(t, s, "/open/mine", request{as: "anonymous"})
	ofPrivate := initiate(t, s, "/open/private", request{as: "root"})
	mustSend(t, s, request{method: "PUT", target: "/open/private?partNumber=1&uploadId=" + ofPrivate, body: "x"})
	for _, c := range []struct {
		method, target, body string
		header               []string
		want                 int
	}{
		{"PUT", "/open/mine?partNumber=1&uploadId=" + upload, "x", nil, 200},
		{"PUT", "/open/mine?partNumber=2&uploadId=" + upload, "", []string{"x-oss-copy-source", "/open/private"}, 403},
		{"GET", "/open/mine?uploadId=" + upload, "", nil, 403},
		{"GET", "/open?uploads", "", nil, 403},
		{"POST", "/open/mine?uploadId=" + upload, "", []string{"x-oss-complete-all", "yes"}, 200},
		{"GET", "/open/mine", "", nil, 200},
		{"POST", "/open/private?uploadId=" + ofPrivate, "", []string{"x-oss-complete-all", "yes"}, 403},
		{"DELETE", "/open/private?uploadId=" + ofPrivate, "", nil, 403},
		{"POST", "/open/private?uploads", "", nil, 403},
		{"POST", "/open/log?append&position=0", "x", nil, 200},
		{"POST", "/open/log?append&position=1", "x", []string{"x-oss-tagging", "a=1"}, 403},
		{"POST", "/open/private?append&position=0", "x", nil, 403},
		{"PUT", "/open/link?symlink", "", []string{"x-oss-symlink-target", "mine"}, 200},
		{"GET", "/open/link", "", nil, 200},
		{"GET", "/open/to-private", "", nil, 403},
		{"HEAD", "/open/to-private", "", nil, 403},
		{"GET", "/open/to-private?symlink", "", nil, 200},
		{"GET", "/open/mine?versionId=null", "", nil, 200},
		{"DELETE", "/open/mine?versionId=null", "", nil, 403},
		{"GET", "/open?versions", "", nil, 403},
		{"GET", "/open?versioning", "", nil, 403},
		{"PUT", "/open?versioning", "", nil, 403},
		{"GET", "/open?stat", "", nil, 403},
		{"GET", "/open/tagged?tagging", "", nil, 403},
		{"PUT", "/open/tagged?tagging", "<Tagging><TagSet/></Tagging>", nil, 403},
		{"DELETE", "/open/tagged?tagging", "", nil, 403},
		{"PUT", "/open/mine", "x", []string{"x-oss-tagging", "a=1"}, 403},
		{"PUT", "/open/mine", "", []string{"x-oss-copy-source", "/open/tagged"}, 403},
		{"PUT", "/open/mine", "", []string{"x-oss-copy-source", "/open/tagged", "x-oss-tagging-directive", "Replace"}, 200},
		{"POST", "/open/frozen?restore", "", nil, 403},
		{"GET", "/open/frozen", "", nil, 403},
		{"DELETE", "/open/mine", "", nil, 204},
	} {
		resp := send(t, s, request{method: c.method, target: c.target, body: c.body, header: pairs(c.header), as: "anonymous"})
		if resp.StatusCode != c.want {
			t.Errorf("%s %s: %s\nwant %d", c.method, c.target, spell(s, resp), c.want)
		}
	}
	if resp := send(t, s, request{method: "HEAD", target: "/open/tagged", as: "anonymous"}); resp.Header.Get("x-oss-tagging-count") != "" {
		t.Error("everybody is told of tags")
	}
}
