package oss_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// The longest list of the longest keys is served; a document that is too long is none.
func TestDeleteObjectsBounds(t *testing.T) {
	s, _ := serveObject(t)
	list := func(keys int) string {
		var b strings.Builder
		b.WriteString("<Delete>")
		for i := range keys {
			fmt.Fprintf(&b, "<Object><Key>%s</Key></Object>", strings.Repeat("k", 1019)+fmt.Sprintf("%04d", i))
		}
		return b.String() + "</Delete>"
	}
	for name, c := range map[string]struct{ body, want string }{
		"1000 keys":     {list(1000), "200"},
		"1001 keys":     {list(1001), "400 MalformedXML 0016-00000608"},
		"2 MiB of text": {list(1) + strings.Repeat(" ", 2<<20), "400 MalformedXML 0016-00000608"},
	} {
		resp := send(t, s, request{method: "POST", target: "/demo?delete", body: c.body, as: "root", scheme: signature.V4Header})
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", element(string(text), "Code"), " ", resp.Header.Get("X-Oss-Ec")))
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if n := strings.Count(string(text), "<Deleted>"); resp.StatusCode == 200 && n != 1000 {
			t.Errorf("%s: %d keys are listed as deleted", name, n)
		}
	}
}

// Keys with control characters are deleted, however the document writes them
// (SDK suites oss2 test_chinese, Go v2 TestDeleteMultipleObjects).
func TestDeleteControlCharacters(t *testing.T) {
	s, _ := serveObject(t)
	for _, key := range []string{"\x0c", "&#x0C;", "&#12;"} {
		mustSend(t, s, request{method: "PUT", target: "/demo/a%0Cb", body: "x"})
		resp := send(t, s, request{method: "POST", target: "/demo?delete&encoding-type=url", as: "root", scheme: signature.V4Header,
			body: "<Delete><Object><Key>a" + key + "b</Key></Object></Delete>"})
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || element(string(text), "Key") != "a%0Cb" {
			t.Errorf("%q: %s %s %v", key, resp.Status, text, err)
		}
		if got := outcome(t, s, "GET", "/demo/a%0Cb", ""); got != "404 NoSuchKey" {
			t.Errorf("%q: afterwards GET answers %s", key, got)
		}
	}
}

func element(document, name string) string {
	_, rest, _ := strings.Cut(document, "<"+name+">")
	text, _, found := strings.Cut(rest, "</"+name+">")
	if !found {
		return ""
	}
	return text
}

// The list may take long to come; who lost the right meanwhile deletes nothing.
func TestPermissionLostWhileListing(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(t *testing.T, s *ossdtest.Server, clock *clock)
		want int
	}{
		"key disabled": {func(t *testing.T, s *ossdtest.Server, clock *clock) {
			mustRAM(t, s, clock, "UpdateAccessKey", map[string]string{"UserName": "mover", "UserAccessKeyId": callers["mover"].AccessKeyID, "Status": "Inactive"})
		}, http.StatusForbidden},
		"policy detached": {func(t *testing.T, s *ossdtest.Server, clock *clock) {
			mustRAM(t, s, clock, "DetachPolicyFromUser", map[string]string{"PolicyType": "Custom", "PolicyName": "move", "UserName": "mover"})
		}, http.StatusForbidden},
		"nothing": {func(*testing.T, *ossdtest.Server, *clock) {}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			s, clock := serveObject(t)
			mustSend(t, s, request{method: "PUT", target: "/into"})
			mustSend(t, s, request{method: "PUT", target: "/into/tmp/a", body: "x"})
			status := sendSlowly(t, s, clock, callers["mover"], "POST", "/into?delete",
				"<Delete>", func() { c.lose(t, s, clock) }, "<Object><Key>tmp/a</Key></Object></Delete>")
			after := send(t, s, request{method: "HEAD", target: "/into/tmp/a", as: "root", scheme: signature.V4Header})
			if stays := after.StatusCode == http.StatusOK; status != c.want || stays == (c.want == http.StatusOK) {
				t.Errorf("answered %d; the object stays: %t", status, stays)
			}
		})
	}
}
