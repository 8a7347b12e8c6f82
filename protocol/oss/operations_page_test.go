package oss_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"ossd/protocol/admin"
	"ossd/protocol/ims"
	"ossd/protocol/oss"
	"ossd/protocol/ram"
	"ossd/protocol/rpc"
	"ossd/protocol/sts"
)

// firstVersion is the version since which everything is served that does not say otherwise.
const firstVersion = "0.1"

// inputs are the headers and, with a question mark, the parameters that change
// what an operation does, by the vendor's documentation of it. Those that have no
// effect without another of the list are left out, and so are those that tell the
// operation from its neighbours.
var inputs = map[string]string{
	"ListBuckets":             "?tag-key ?tag-value ?tagging ?regionList x-oss-resource-group-id",
	"PutBucket":               "x-oss-acl x-oss-resource-group-id x-oss-hns-status",
	"PutObject":               written + " x-oss-callback ?callback x-oss-traffic-limit",
	"PostObject":              written + " x-oss-callback x-oss-traffic-limit",
	"CopyObject":              written + " x-oss-metadata-directive x-oss-tagging-directive x-oss-traffic-limit",
	"AppendObject":            written + " x-oss-traffic-limit",
	"PutSymlink":              "x-oss-object-acl x-oss-storage-class x-oss-forbid-overwrite x-oss-tagging",
	"GetObject":               "?versionId ?x-oss-process x-oss-traffic-limit",
	"HeadObject":              "?versionId",
	"GetObjectMeta":           "?versionId",
	"DeleteObject":            "?versionId",
	"PutObjectAcl":            "?versionId",
	"GetObjectAcl":            "?versionId",
	"GetSymlink":              "?versionId",
	"PutObjectTagging":        "?versionId",
	"GetObjectTagging":        "?versionId",
	"DeleteObjectTagging":     "?versionId",
	"RestoreObject":           "?versionId",
	"InitiateMultipartUpload": "?sequential x-oss-storage-class x-oss-forbid-overwrite x-oss-tagging x-oss-server-side-encryption",
	"UploadPart":              "x-oss-traffic-limit",
	"UploadPartCopy":          "x-oss-copy-source-range x-oss-traffic-limit",
	"CompleteMultipartUpload": "x-oss-complete-all x-oss-object-acl x-oss-forbid-overwrite x-oss-callback",
}

const written = "x-oss-object-acl x-oss-storage-class x-oss-forbid-overwrite x-oss-tagging x-oss-server-side-encryption x-oss-persistent-headers"

// missing are the inputs that a served operation does not understand.
func missing(o *oss.Operation) (names []string) {
	for name := range strings.FieldsSeq(inputs[o.Name]) {
		parameter, isParameter := strings.CutPrefix(name, "?")
		if isParameter && !o.Reads(parameter) || !isParameter && !slices.Contains(o.Headers, name) {
			names = append(names, name)
		}
	}
	return names
}

// What the page calls missing is refused. The fields of forms have tests of their own.
func TestMissingInputsAreRefused(t *testing.T) {
	s, _ := serveObject(t)
	for _, o := range oss.Operations {
		if o.Form {
			continue
		}
		for _, name := range missing(o) {
			q := requestFor(o)
			if parameter, ok := strings.CutPrefix(name, "?"); !ok {
				q.header.Set(name, "1")
			} else if strings.Contains(q.target, "?") {
				q.target += "&" + parameter + "=1"
			} else {
				q.target += "?" + parameter + "=1"
			}
			if status, e := refusal(t, s, q, "root"); status != http.StatusBadRequest || e.Code != "NotImplemented" {
				t.Errorf("%s with %s: %d %s", o.Name, name, status, e.Code)
			}
		}
	}
}

// TestOperationsPage holds docs/operations.md against the tables.
func TestOperationsPage(t *testing.T) {
	const file = "../../docs/operations.md"
	page := operationsPage()
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page {
		t.Errorf("%s is out of date: run make golden", file)
	}
}

func operationsPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Operations

<!-- Written by make golden from the tables in protocol; do not edit. -->

What this server does with each operation of the service. Of the %d operations of OSS it serves %d. What is served is served as the
vendor documents it, but for the headers and parameters that are named. Whatever is not served, single values included,
is refused with 400 NotImplemented and never ignored; the message names the operation.

## OSS
`, distinct(oss.Operations)+distinct(oss.Unserved), distinct(oss.Operations))
	for _, section := range sections() {
		fmt.Fprintf(&b, "\n### %s\n\n| Operation | Request | Here | Since |\n|---|---|---|---|\n", section)
		for _, o := range oss.Operations {
			if sectionOf(o) == section {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", o.Name, spellRequest(o), spellServed(o), since(o))
			}
		}
		for _, o := range oss.Unserved {
			if sectionOf(o) == section {
				fmt.Fprintf(&b, "| %s | %s | %s | |\n", o.Name, spellRequest(o), spellRefused(o))
			}
		}
	}
	b.WriteString("\n## STS, RAM, IMS and ossd's own actions\n\nServed; other actions are answered as unknown ones.\n\n| API | Version | Actions |\n|---|---|---|\n")
	for _, actions := range [][]rpc.Action{sts.Actions(nil), ram.Actions(), ims.Actions(), admin.Actions(admin.Config{})} {
		var names []string
		for _, a := range actions {
			names = append(names, a.Name)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", actions[0].Product.Name, actions[0].Product.Version, strings.Join(names, ", "))
	}
	return b.String()
}

func distinct(operations []*oss.Operation) int {
	names := map[string]bool{}
	for _, o := range operations {
		names[o.Name] = true
	}
	return len(names)
}

func sectionOf(o *oss.Operation) string {
	if o.Group != "" {
		return o.Group
	}
	return [...]string{"Service", "Buckets", "Objects"}[o.On]
}

// sections begin with what most clients use, and are in the order of the catalogue otherwise.
func sections() []string {
	names := []string{"Service", "Buckets", "Objects", "Multipart uploads", "Versioning"}
	filled := map[string]bool{}
	for _, o := range slices.Concat(oss.Unserved, oss.Operations) {
		s := sectionOf(o)
		if filled[s] = true; !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return slices.DeleteFunc(names, func(s string) bool { return !filled[s] })
}

func spellRequest(o *oss.Operation) string {
	if o.Form {
		return "`POST` bucket, an HTML form"
	}
	text := fmt.Sprintf("`%s` %s", o.Method, o.On)
	if len(o.Query) > 0 {
		text += " `?" + strings.Join(o.Query, "&") + "`"
	}
	if o.By != "" {
		text += ", header `" + o.By + "`"
	}
	return text
}

func spellServed(o *oss.Operation) string {
	names := missing(o)
	if len(names) == 0 {
		return "served"
	}
	return "served, without `" + strings.Join(names, "`, `") + "`"
}

func spellRefused(o *oss.Operation) string {
	if o.Name == preflight {
		return "refused with 403 AccessForbidden, as by a bucket without rules"
	}
	return "refused"
}

func since(o *oss.Operation) string {
	if o.Since != "" {
		return o.Since
	}
	return firstVersion
}
