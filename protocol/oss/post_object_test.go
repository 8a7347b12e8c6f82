package oss_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
	"ossd/server"
)

var formSchemes = []signature.Scheme{signature.V1Form, signature.V2Form, signature.V4Form}

const formWorld = sessionWorld + `
  - {name: public, acl: public-read-write}
`

// serveForms starts a server with the buckets demo (private), open (public-read)
// and public (public-read-write).
func serveForms(t testing.TB) (*ossdtest.Server, *clock) {
	t.Helper()
	c := &clock{}
	return ossdtest.Start(t, ossdtest.Options{Declaration: formWorld, Now: c.now}), c
}

// A form of every scheme, by a permanent and a temporary key, stores the file
// with the headers that its fields name.
func TestPostObject(t *testing.T) {
	s, clock := serveForms(t)
	for name, cred := range map[string]signature.Credentials{"root": callers["root"], "session": assume(t, s, clock, "")} {
		for _, scheme := range formSchemes {
			key := "user/" + name + "/" + string(scheme) + " +蓝.txt"
			u := upload{bucket: "demo", file: content, name: "a.txt", kind: "text/plain", fields: signForm(t, scheme, cred, clock.now(),
				`{"bucket":"demo"},["starts-with","$key","user/"],["content-length-range",1,1024]`,
				field("Key", key), field("Cache-Control", "no-cache"), field("Content-Disposition", "attachment"), field("content-encoding", "gzip"),
				field("Expires", "Thu, 01 Dec 2026 16:00:00 GMT"), field("x-oss-meta-Color", "蓝"), field("x-oss-object-acl", "public-read"),
				field("x-oss-storage-class", "IA"), field("submitted-by", "a browser"))}
			resp := u.send(t, s)
			if resp.Code != 204 || resp.Body.Len() != 0 || resp.Header()["ETag"] == nil || resp.Header()["x-oss-hash-crc64ecma"] == nil {
				t.Fatalf("%s, %s: %d %v %s", name, scheme, resp.Code, resp.Header(), resp.Body)
			}
			got, _ := raw(s, "GET /demo/"+escape(key)+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n") // the object is public
			if got.Code != 200 || got.Body.String() != content {
				t.Errorf("%s, %s: GET answers %d %q", name, scheme, got.Code, got.Body)
			}
			for header, want := range map[string]string{
				"Content-Type": "text/plain", "Cache-Control": "no-cache", "Content-Disposition": "attachment", "Content-Encoding": "gzip",
				"Expires": "Thu, 01 Dec 2026 16:00:00 GMT", "x-oss-meta-color": "蓝", "x-oss-storage-class": "IA", "ETag": resp.Header()["ETag"][0],
			} {
				if values := got.Header()[header]; len(values) != 1 || values[0] != want {
					t.Errorf("%s, %s: %s is %q, want %q", name, scheme, header, values, want)
				}
			}
		}
	}
}

func escape(key string) string {
	return strings.NewReplacer(" ", "%20", "+", "%2B", "蓝", "%E8%93%9D").Replace(key)
}

// The request is told apart by where it goes and what it is, whichever way the
// bucket is addressed; signatures in its headers or URL do not count.
func TestPostObjectAddressing(t *testing.T) {
	s, clock := serveForms(t)
	body := upload{file: "x", fields: signForm(t, signature.V4Form, callers["root"], clock.now(), `{"bucket":"demo"}`, field("key", "a"))}.body()
	for name, c := range map[string]struct{ target, head, want string }{
		"path":                {"/demo", "Host: " + s.Addr + "\r\n" + formType, "No Content"},
		"path with slash":     {"/demo/", "Host: " + s.Addr + "\r\n" + formType, "No Content"},
		"host":                {"/", "Host: demo." + ossdtest.Domain + "\r\n" + formType, "No Content"},
		"wrong header":        {"/demo", "Host: " + s.Addr + "\r\nAuthorization: OSS a:b\r\n" + formType, "No Content"},
		"wrong URL":           {"/demo?OSSAccessKeyId=a&Signature=b&Expires=1", "Host: " + s.Addr + "\r\n" + formType, "No Content"},
		"both":                {"/demo?Signature=b", "Host: " + s.Addr + "\r\nAuthorization: AWS a:b\r\n" + formType, "No Content"},
		"quoted boundary":     {"/demo", "Host: " + s.Addr + "\r\nContent-Type: Multipart/Form-Data; boundary=\"" + boundary + "\"\r\n", "No Content"},
		"other bucket":        {"/open", "Host: " + s.Addr + "\r\n" + formType, "Forbidden AccessDenied 0006-00000227"},
		"no bucket":           {"/", "Host: " + s.Addr + "\r\n" + formType, "Method Not Allowed MethodNotAllowed"},
		"with a key":          {"/demo/a", "Host: " + s.Addr + "\r\n" + formType, "Method Not Allowed MethodNotAllowed"},
		"PUT":                 {"PUT /demo/", "Host: " + s.Addr + "\r\n" + formType, "Forbidden AccessDenied 0003-00000905"},
		"sub-resource":        {"/demo?acl", "Host: " + s.Addr + "\r\n" + formType, "Bad Request NotImplemented"},
		"no form":             {"/demo", "Host: " + s.Addr + "\r\nContent-Type: application/x-www-form-urlencoded\r\n", "Bad Request RequestIsNotMultiPartContent"},
		"no type":             {"/demo", "Host: " + s.Addr + "\r\n", "Bad Request RequestIsNotMultiPartContent"},
		"no boundary":         {"/demo", "Host: " + s.Addr + "\r\nContent-Type: multipart/form-data;\r\n", "Bad Request RequestIsNotMultiPartContent"},
		"invalid bucket name": {"/Demo", "Host: " + s.Addr + "\r\n" + formType, "Bad Request InvalidBucketName"},
		"absent bucket":       {"/absent", "Host: " + s.Addr + "\r\n" + formType, "Not Found NoSuchBucket 0015-00000101"},
	} {
		method, target, ok := strings.Cut(c.target, " ")
		if !ok {
			method, target = "POST", c.target
		}
		resp, ok := raw(s, fmt.Sprintf("%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", method, target, c.head, len(body), body))
		if !ok || verdict(resp) != c.want {
			t.Errorf("%s: %s, want %s", name, verdict(resp), c.want)
		}
	}
}

// Every way in which a form can be wrong has the documented answer, and stores nothing.
func TestPostObjectRefused(t *testing.T) {
	s, clock := serveForms(t)
	root := callers["root"]
	now := clock.now()
	key := field("key", "user/a.txt")
	const prefix = `["starts-with","$key","user/"]`
	signed := func(conditions string, fields ...signature.Field) []signature.Field {
		return signForm(t, signature.V1Form, root, now, conditions, fields...)
	}
	policy := func(text string) upload {
		return upload{fields: signPolicy(t, signature.V1Form, root, now, text, key)}
	}
	v1 := signed(prefix, key)
	v4 := signForm(t, signature.V4Form, root, now, prefix, key)
	replaced := func(fields []signature.Field, name, value string) upload {
		return upload{fields: append(without(fields, name), field(name, value))}
	}
	mallory := signature.Credentials{AccessKeyID: root.AccessKeyID, Secret: "another"}
	stranger := signature.Credentials{AccessKeyID: "LTAInobody", Secret: "another"}
	session := assume(t, s, clock, "")
	tokenless := session
	tokenless.SecurityToken = ""
	const badPolicy, failed = "Bad Request InvalidPolicyDocument ", "Forbidden AccessDenied 0006-00000227"
	for name, c := range map[string]struct {
		upload  upload
		want    string
		message string
	}{
		"no key":               {upload{fields: signed(prefix)}, "Bad Request InvalidArgument", "The bucket POST must contain the specified &#39;key&#39;. If it is specified, please check the order of the fields"},
		"key after file":       {upload{fields: signed(prefix), behind: v1[:1]}, "Bad Request InvalidArgument", "please check the order of the fields"},
		"empty key":            {replaced(v1, "key", ""), "Bad Request InvalidArgument", ""},
		"long key":             {replaced(v1, "key", strings.Repeat("k", 1024)), "Bad Request InvalidObjectName 0016-00000003", ""},
		"key from no filename": {replaced(v1, "key", "${filename}"), "Bad Request InvalidObjectName 0016-00000001", ""},
		"second file":          {upload{fields: v1, behind: []signature.Field{field("File", "b")}}, "Bad Request IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request."},
		"field twice":          {upload{fields: append(slices.Clone(v1), field("x", "1"), field("X", "2"))}, "Bad Request InvalidArgument", "more than once"},
		"key twice":            {upload{fields: append(slices.Clone(v1), field("KEY", "other/b.txt"))}, "Bad Request InvalidArgument", "more than once"},

		"long field name":  {upload{fields: append(slices.Clone(v1), field(strings.Repeat("n", 8193), ""))}, "Bad Request FieldItemTooLong 0006-00000110", ""},
		"longer name":      {upload{fields: append(slices.Clone(v1), field(strings.Repeat("n", 1<<20), ""))}, "Bad Request FieldItemTooLong 0006-00000110", ""},
		"long field value": {upload{fields: append(slices.Clone(v1), field("x", strings.Repeat("v", 2<<20+1)))}, "Bad Request FieldItemTooLong 0006-00000111", ""},
		"large fields":     {upload{fields: append(large(5, 2<<20-100), v1...)}, "Bad Request MaxPOSTPreDataLengthExceededError 0006-00000112", ""},
		"many fields":      {upload{fields: append(large(1000, 1), v1...)}, "Bad Request MaxPOSTPreDataLengthExceededError 0006-00000112", ""},
		"many behind":      {upload{fields: v1, behind: large(1000, 1)}, "Bad Request MaxPOSTPreDataLengthExceededError 0006-00000112", ""},

		"no policy":         {upload{fields: without(v1, "policy")}, "Bad Request InvalidArgument 0002-00000702", ""},
		"no signature":      {upload{fields: without(v1, "Signature")}, "Bad Request InvalidArgument 0002-00000703", ""},
		"empty signature":   {replaced(v1, "Signature", ""), "Bad Request InvalidArgument 0002-00000704", ""},
		"no access key":     {upload{fields: without(v1, "OSSAccessKeyId")}, "Bad Request InvalidArgument 0002-00000706", ""},
		"policy alone":      {upload{fields: without(v1, "Signature", "OSSAccessKeyId")}, "Bad Request InvalidArgument 0002-00000703", ""},
		"signed behind":     {upload{fields: v1[:2], behind: v1[2:]}, "Bad Request InvalidArgument 0002-00000702", ""},
		"version":           {replaced(v4, "x-oss-signature-version", "2"), "Bad Request InvalidArgument 0002-00000701", ""},
		"credential":        {replaced(v4, "x-oss-credential", "a/b"), "Bad Request InvalidArgument 0002-00000710", ""},
		"other day":         {replaced(v4, "x-oss-date", "20200101T000000Z"), "Bad Request InvalidArgument 0002-00000709", ""},
		"week old":          {upload{fields: signForm(t, signature.V4Form, root, now.Add(-169*time.Hour), prefix, key)}, "Forbidden AccessDenied 0002-00000709", ""},
		"other region":      {replaced(v4, "x-oss-credential", strings.Replace(v4[2].Value, "cn-hangzhou", "cn-beijing", 1)), "Bad Request InvalidArgument 0002-00000226", ""},
		"unknown key":       {upload{fields: signForm(t, signature.V1Form, stranger, now, prefix, key)}, "Forbidden InvalidAccessKeyId 0002-00000902", ""},
		"no token":          {upload{fields: signForm(t, signature.V1Form, tokenless, now, prefix, key)}, "Forbidden InvalidAccessKeyId 0002-00000003", ""},
		"forged token":      {replaced(signForm(t, signature.V1Form, session, now, prefix, key), "x-oss-security-token", "x"), "Forbidden InvalidSecurityToken 0002-00000006", ""},
		"wrong secret":      {upload{fields: signForm(t, signature.V1Form, mallory, now, prefix, key)}, "Forbidden SignatureDoesNotMatch 0002-00000705", "does not match the signature you provided"},
		"wrong secret, V2":  {upload{fields: signForm(t, signature.V2Form, mallory, now, prefix, key)}, "Forbidden SignatureDoesNotMatch 0002-00000705", ""},
		"wrong secret, V4":  {upload{fields: signForm(t, signature.V4Form, mallory, now, prefix, key)}, "Forbidden SignatureDoesNotMatch 0002-00000705", ""},
		"policy exchanged":  {replaced(v1, "policy", policy(`{}`).fields[1].Value), "Forbidden SignatureDoesNotMatch 0002-00000705", ""},
		"policy wrapped":    {replaced(v4, "policy", v4[4].Value+"\n"), "Forbidden SignatureDoesNotMatch 0002-00000705", ""},
		"bad policy, wrong": {upload{fields: signPolicy(t, signature.V1Form, mallory, now, "not json", key)}, "Forbidden SignatureDoesNotMatch 0002-00000705", ""},

		"policy is no JSON": {policy("not json at all"), badPolicy + "0006-00000204", "Invalid Policy: Invalid JSON: "},
		"two members":       {policy(`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":"b","c":"d"}]}`), "Bad Request InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."},
		"no conditions":     {policy(`{"expiration":"2099-01-01T00:00:00Z"}`), badPolicy + "0006-00000207", "Invalid Policy: "},
		"no expiration":     {policy(`{"conditions":[{"a":"b"}]}`), badPolicy + "0006-00000208", ""},
		"reversed range":    {upload{fields: signed(`["content-length-range",20,10]`, key)}, badPolicy + "0006-00000219", ""},
		"range of words":    {upload{fields: signed(`["content-length-range",1,"test"]`, key)}, badPolicy + "0006-00000221", ""},
		"range of lists":    {upload{fields: signed(`["content-length-range",[1],10]`, key)}, badPolicy + "0006-00000223", ""},
		"expired":           {upload{fields: signForm(t, signature.V1Form, root, now.Add(-61*time.Minute), prefix, key)}, "Forbidden AccessDenied 0006-00000213", "Invalid according to Policy: Policy expired."},
		"long signature":    {replaced(v1, "Signature", strings.Repeat("s", 1<<20)), "Forbidden SignatureDoesNotMatch 0002-00000705", ""},
		"expired and more":  {upload{fields: signForm(t, signature.V1Form, root, now.Add(-61*time.Minute), `{"bucket":"other"}`, key)}, "Forbidden AccessDenied 0006-00000213", ""},

		"other bucket":        {upload{fields: signed(`{"bucket":"other"}`, key)}, failed, `Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"]`},
		"bucket as a field":   {upload{fields: signed(`{"bucket":"other"}`, key, field("bucket", "other"))}, failed, ""},
		"other key":           {replaced(v1, "key", "else/a.txt"), failed, `["starts-with", "$key", "user/"]`},
		"condition on absent": {upload{fields: signed(`["starts-with","$x-oss-meta-a",""]`, key)}, failed, ""},
		"condition behind":    {upload{fields: signed(`{"x-oss-meta-a":"b"}`, key), behind: []signature.Field{field("x-oss-meta-a", "b")}}, failed, ""},
		"eq":                  {upload{fields: signed(`["eq","$success_action_status","200"]`, key, field("success_action_status", "201"))}, failed, ""},
		"in":                  {upload{fields: signed(`["in","$content-type",["image/png"]]`, key, field("Content-Type", "text/html"))}, failed, ""},
		"not-in":              {upload{fields: signed(`["not-in","$cache-control",["no-cache"]]`, key, field("Cache-Control", "no-cache"))}, failed, ""},
		"type of the file":    {upload{fields: signed(`["in","$content-type",["image/png"]]`, key, field("Content-Type", "image/png")), kind: "text/html"}, failed, ""},
		"x-oss-content-type":  {upload{fields: signed(`{"Content-Type":"image/png"}`, key, field("x-oss-content-type", "text/html")), kind: "image/png"}, failed, ""},
		"no content type":     {upload{fields: signed(`["starts-with","$content-type",""]`, key)}, failed, ""},
		"excluded filename":   {upload{fields: signed(`["not-in","$key",["index.html"]]`, field("key", "${filename}")), name: "index.html"}, failed, `["not-in", "$key", ["index.html"]]`},

		"not the role's":  {upload{bucket: "open", fields: signForm(t, signature.V4Form, session, now, prefix, key)}, "Forbidden AccessDenied 0003-00000001", ""},
		"absent bucket":   {upload{bucket: "absent", fields: v1}, "Not Found NoSuchBucket 0015-00000101", ""},
		"anonymous":       {upload{fields: v1[:1]}, "Forbidden AccessDenied 0003-00000001", ""},
		"anonymous, open": {upload{bucket: "open", fields: v1[:1]}, "Forbidden AccessDenied 0003-00000001", ""},

		"tagging":           {upload{fields: append(slices.Clone(v1), field("x-oss-tagging", "a=b&a=c"))}, "Bad Request InvalidArgument", "without tag name duplicates"},
		"encryption":        {upload{fields: append(slices.Clone(v1), field("X-OSS-Server-Side-Encryption", "AES256"))}, "Bad Request NotImplemented", ""},
		"encryption key":    {upload{fields: append(slices.Clone(v1), field("x-oss-server-side-encryption-key-id", "k"))}, "Bad Request NotImplemented", ""},
		"data encryption":   {upload{fields: append(slices.Clone(v1), field("x-oss-server-side-data-encryption", "SM4"))}, "Bad Request NotImplemented", ""},
		"callback":          {upload{fields: append(slices.Clone(v1), field("callback", "e30="))}, "Bad Request NotImplemented", ""},
		"callback-var":      {upload{fields: append(slices.Clone(v1), field("callback-var", "e30="))}, "Bad Request NotImplemented", ""},
		"x-oss-callback":    {upload{fields: append(slices.Clone(v1), field("x-oss-callback", "e30="))}, "Bad Request NotImplemented", ""},
		"class":             {upload{fields: append(slices.Clone(v1), field("x-oss-storage-class", "Attic"))}, "Bad Request InvalidArgument 0013-00000101", "No such bucket storage class exists"},
		"ACL in a header":   {upload{fields: v1, header: "x-oss-object-acl: public-read\r\n"}, "Bad Request NotImplemented", ""},
		"condition of HTTP": {upload{fields: v1, header: "If-None-Match: *\r\n"}, "Bad Request NotImplemented", ""},

		"ACL":             {upload{fields: append(slices.Clone(v1), field("x-oss-object-acl", "everyone"))}, "Bad Request InvalidArgument", "no such object access control exists"},
		"forbid":          {upload{fields: append(slices.Clone(v1), field("x-oss-forbid-overwrite", "maybe"))}, "Bad Request InvalidArgument", ""},
		"traffic limit":   {upload{fields: append(slices.Clone(v1), field("x-oss-traffic-limit", "245759"))}, "Bad Request InvalidArgument", "x-oss-traffic-limit is invalid"},
		"redirect script": {upload{fields: append(slices.Clone(v1), field("success_action_redirect", "javascript:alert(1)"))}, "Bad Request InvalidArgument", ""},
		"redirect data":   {upload{fields: append(slices.Clone(v1), field("success_action_redirect", "data://a/text"))}, "Bad Request InvalidArgument", ""},
		"redirect path":   {upload{fields: append(slices.Clone(v1), field("success_action_redirect", "/next"))}, "Bad Request InvalidArgument", ""},
		"redirect lines":  {upload{fields: append(slices.Clone(v1), field("success_action_redirect", "http://a/\r\nSet-Cookie: x"))}, "Bad Request InvalidArgument", ""},
		"header lines":    {upload{fields: append(slices.Clone(v1), field("Cache-Control", "a\r\nSet-Cookie: x"))}, "Bad Request InvalidArgument", ""},
		"metadata lines":  {upload{fields: append(slices.Clone(v1), field("x-oss-meta-a", "a\nb"))}, "Bad Request InvalidArgument", ""},
		"metadata name":   {upload{fields: append(slices.Clone(v1), field("x-oss-meta-a b", "c"))}, "Bad Request InvalidArgument", ""},
		"metadata size":   {upload{fields: append(slices.Clone(v1), field("x-oss-meta-a", strings.Repeat("m", 8192)))}, "Bad Request InvalidArgument", ""},
		"header size":     {upload{fields: append(slices.Clone(v1), field("Expires", strings.Repeat("m", 8193)))}, "Bad Request InvalidArgument", ""},

		"too large":           {upload{fields: signed(`["content-length-range",1,10]`, key), file: "12345678901"}, "Bad Request EntityTooLarge 0006-00000003", "Your proposed upload exceeds the maximum allowed size."},
		"far too large":       {upload{fields: signed(`["content-length-range",1,10]`, key), file: strings.Repeat("x", 1<<20)}, "Bad Request EntityTooLarge 0006-00000003", ""},
		"too small":           {upload{fields: signed(`["content-length-range",5,10]`, key), file: "1234"}, "Bad Request EntityTooSmall 0006-00000004", "Your proposed upload smaller than the minimum allowed size."},
		"empty, but must not": {upload{fields: signed(`["content-length-range",1,10]`, key)}, "Bad Request EntityTooSmall 0006-00000004", ""},
		"wrong MD5":           {upload{fields: v1, header: "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n"}, "Bad Request InvalidDigest", "The Content-MD5 you specified was invalid."},
		"no MD5":              {upload{fields: v1, header: "Content-MD5: abc\r\n"}, "Bad Request InvalidDigest", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.upload.bucket == "" {
				c.upload.bucket = "demo"
			}
			resp := c.upload.send(t, s)
			if got := verdict(resp); got != c.want || !strings.Contains(unescapeText(resp.Body.String()), strings.ReplaceAll(c.message, "&#39;", "'")) {
				t.Errorf("%s, want %s %q:\n%.1000s", got, c.want, c.message, resp.Body)
			}
			if resp.Body.Len() > 512<<10 {
				t.Errorf("the answer has %d bytes", resp.Body.Len())
			}
			if strings.Contains(resp.Body.String(), root.Secret) {
				t.Errorf("the answer holds the secret:\n%s", resp.Body)
			}
		})
	}
	for _, bucket := range []string{"demo", "open"} {
		if left := keys(t, s, clock.now(), bucket); left != nil {
			t.Errorf("bucket %s has %q, although every form was refused", bucket, left)
		}
	}
}

// large makes n fields of the given size each.
func large(n, size int) (fields []signature.Field) {
	for i := range n {
		fields = append(fields, field(fmt.Sprint("large", i), strings.Repeat("v", size)))
	}
	return fields
}

// Bodies that are no form.
func TestPostObjectMalformed(t *testing.T) {
	s, clock := serveForms(t)
	whole := upload{fields: signForm(t, signature.V4Form, callers["root"], clock.now(), `{"bucket":"demo"}`, field("key", "a")), file: content}.body()
	const malformed = "Bad Request MalformedPOSTRequest 0006-00000104"
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n"
	for name, c := range map[string]struct{ body, want string }{
		"empty":               {"", malformed},
		"no boundary":         {"hello", malformed},
		"other boundary":      {strings.ReplaceAll(whole, boundary, "other"), malformed},
		"nothing but the end": {"--" + boundary + "--\r\n", "Bad Request InvalidArgument"},
		"no file":             {head + "--" + boundary + "--\r\n", "Bad Request IncorrectNumberOfFilesInPOSTRequest"},
		"no disposition":      {strings.Replace(whole, "Content-Disposition: form-data; name=\"key\"", "X-A: b", 1), malformed},
		"attachment":          {strings.Replace(whole, "form-data; name=\"key\"", "attachment; name=\"key\"", 1), malformed},
		"no name":             {strings.Replace(whole, "; name=\"key\"", "", 1), malformed},
		"two names":           {strings.Replace(whole, "; name=\"key\"", "; name=\"key\"; name=\"kez\"", 1), malformed},
		"no head":             {"--" + boundary + "\r\n\r\na\r\n" + whole, malformed},
		"bad head":            {"--" + boundary + "\r\nno colon\r\n\r\na\r\n" + whole, malformed},
		"endless head":        {"--" + boundary + "\r\nX-A: " + strings.Repeat("x", 1<<20), "Bad Request FieldItemTooLong 0006-00000110"},
		"endless preamble":    {strings.Repeat("x\n", 1<<20) + whole, "Bad Request FieldItemTooLong 0006-00000110"},
		"rubbish behind file": {strings.TrimSuffix(whole, "--\r\n") + "\r\nrubbish", malformed},
	} {
		if got := verdict(postBody(t, s, "demo", "", c.body)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// However early it is cut off.
	for i := range len(whole) - len("\r\n") {
		got := verdict(postBody(t, s, "demo", "", whole[:i]))
		if got != malformed {
			t.Fatalf("cut after %d of %d bytes: %s", i, len(whole), got)
		}
	}
	if left := keys(t, s, clock.now(), "demo"); left != nil {
		t.Errorf("the bucket has %q", left)
	}
	for name, body := range map[string]string{
		"without a line end":    strings.TrimSuffix(whole, "\r\n"),
		"with a preamble":       "This is a form.\r\n\r\n" + whole,
		"with an epilogue":      whole + "That was a form.",
		"with a field behind":   strings.TrimSuffix(whole, "--\r\n") + "\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nUpload to OSS\r\n--" + boundary + "--\r\n",
		"with line feeds alone": strings.ReplaceAll(whole, "\r\n", "\n"),
	} {
		if got := verdict(postBody(t, s, "demo", "", body)); got != "No Content" {
			t.Errorf("%s: %s", name, got)
		}
		if got, _ := stored(t, s, "/demo/a"); got != content {
			t.Errorf("%s: stored %q", name, got)
		}
	}
}

// What is answered after success is the form's choice.
func TestPostObjectAnswers(t *testing.T) {
	s, clock := serveForms(t)
	const etag = `"5D41402ABC4B2A76B9719D911017C592"`
	crc := fmt.Sprint(crc64.Checksum([]byte("hello"), crc64.MakeTable(crc64.ECMA)))
	for name, c := range map[string]struct {
		fields   []signature.Field
		code     int
		location string
	}{
		"default":       {nil, 204, ""},
		"200":           {[]signature.Field{field("success_action_status", "200")}, 200, ""},
		"204":           {[]signature.Field{field("success_action_status", "204")}, 204, ""},
		"201":           {[]signature.Field{field("success_action_status", "201")}, 201, ""},
		"other":         {[]signature.Field{field("success_action_status", "404")}, 204, ""},
		"no number":     {[]signature.Field{field("success_action_status", "OK")}, 204, ""},
		"redirect":      {[]signature.Field{field("success_action_redirect", "https://example.com/done")}, 303, "https://example.com/done?bucket=demo&key=dir%2Fa+%2B%26.txt&etag=%225D41402ABC4B2A76B9719D911017C592%22"},
		"redirect, 201": {[]signature.Field{field("success_action_status", "201"), field("success_action_redirect", "http://example.com/?a=b#c")}, 303, "http://example.com/?a=b&bucket=demo&key=dir%2Fa+%2B%26.txt&etag=%225D41402ABC4B2A76B9719D911017C592%22#c"},
		"no redirect":   {[]signature.Field{field("success_action_redirect", "")}, 204, ""},
	} {
		resp := upload{bucket: "demo", file: "hello", fields: signForm(t, signature.V4Form, callers["root"], clock.now(), `{"bucket":"demo"}`,
			append(c.fields, field("key", "dir/a +&.txt"))...)}.send(t, s)
		h := resp.Header()
		if resp.Code != c.code || h.Get("Location") != c.location || h["ETag"][0] != etag || h["x-oss-hash-crc64ecma"][0] != crc {
			t.Errorf("%s: %d %v %s", name, resp.Code, h, resp.Body)
		}
		body := ""
		if c.code == 201 {
			body = xmlHeader + "<PostResponse><Bucket>demo</Bucket><Location>http://" + s.Addr + "/demo/dir/a%20%2B&amp;.txt</Location>" +
				"<Key>dir/a +&amp;.txt</Key><ETag>&#34;5D41402ABC4B2A76B9719D911017C592&#34;</ETag></PostResponse>"
		}
		if resp.Body.String() != body {
			t.Errorf("%s: the body is\n%s\nwant\n%s", name, resp.Body, body)
		}
	}
	// An address that names the bucket in the host is answered in kind.
	body := upload{file: "hello", fields: []signature.Field{field("key", "a"), field("success_action_status", "201")}}.body()
	resp, _ := raw(s, fmt.Sprintf("POST / HTTP/1.1\r\nHost: public.%s\r\n%sContent-Length: %d\r\n\r\n%s", ossdtest.Domain, formType, len(body), body))
	if want := "<Location>http://public." + ossdtest.Domain + "/a</Location>"; !strings.Contains(resp.Body.String(), want) {
		t.Errorf("the answer lacks %s:\n%s", want, resp.Body)
	}
}

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// The type of an object comes from the first of three places that names one.
func TestPostObjectContentType(t *testing.T) {
	s, _ := serveForms(t)
	own, general := field("x-oss-content-type", "a/own"), field("Content-Type", "a/field")
	for name, c := range map[string]struct {
		fields     []signature.Field
		kind, want string
	}{
		"all":          {[]signature.Field{general, own}, "a/file", "a/own"},
		"file, field":  {[]signature.Field{general}, "a/file", "a/file"},
		"field":        {[]signature.Field{general}, "", "a/field"},
		"none":         {nil, "", "application/octet-stream"},
		"empty, field": {[]signature.Field{field("x-oss-content-type", ""), general}, "", "a/field"},
	} {
		u := upload{bucket: "public", fields: append(c.fields, field("key", "a")), kind: c.kind}
		if resp := u.send(t, s); resp.Code != 204 {
			t.Fatalf("%s: %s", name, resp.Body)
		}
		resp, _ := raw(s, "GET /public/a HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
		if got := resp.Header().Get("Content-Type"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// ${filename} stands for the name of the file without its path. Conditions see
// the key as it was before.
func TestPostObjectFilename(t *testing.T) {
	s, clock := serveForms(t)
	for _, c := range []struct{ key, name, want, condition string }{
		{"user/${filename}", "cat.jpg", "user/cat.jpg", `["eq","$key","user/${filename}"]`},
		{"user/${filename}", `C:\Users\eric\cat.jpg`, "user/cat.jpg", `["starts-with","$key","user/"]`},
		{"user/${filename}", "/tmp/../cat.jpg", "user/cat.jpg", `["starts-with","$key","user/\$"]`},
		{"user/${filename}", "..", "user/..", `{"key":"user/${filename}"}`},
		{"user/${filename}", "蓝 +%20&.jpg", "user/蓝 +%20&.jpg", `["starts-with","$key",""]`},
		{"${filename}/${filename}", "a", "a/a", `["not-in","$key",["a"]]`},
		{"user/${filename}", "", "user/", `{"bucket":"demo"}`},
		{"user/$filename", "a", "user/$filename", `{"bucket":"demo"}`},
		{"a.txt", "b.txt", "a.txt", `{"bucket":"demo"}`},
	} {
		u := upload{bucket: "demo", name: c.name, file: c.want, fields: signForm(t, signature.V4Form, callers["root"], clock.now(), c.condition,
			field("key", c.key), field("success_action_status", "201"))}
		resp := u.send(t, s)
		if resp.Code != 201 || !strings.Contains(unescapeText(resp.Body.String()), "<Key>"+c.want+"</Key>") {
			t.Errorf("%s with %q: %d %s", c.key, c.name, resp.Code, resp.Body)
		}
	}
}

// Whoever may put an object without a signature may post one, and nobody else.
func TestPostObjectAnonymous(t *testing.T) {
	s, _ := serveForms(t)
	post := func(key string) string {
		return verdict(upload{bucket: "public", file: "new", fields: []signature.Field{field("key", key)}}.send(t, s))
	}
	if got := post("a"); got != "No Content" {
		t.Errorf("to a public bucket: %s", got)
	}
	mustSend(t, s, request{method: "PUT", target: "/public/b", body: "old", header: map[string][]string{"X-Oss-Object-Acl": {"private"}}})
	mustSend(t, s, request{method: "PUT", target: "/public/c", body: "old", header: map[string][]string{"X-Oss-Object-Acl": {"public-read"}}})
	for _, key := range []string{"b", "c"} {
		if got := post(key); got != "Forbidden AccessDenied 0003-00000001" {
			t.Errorf("over %s, which has an ACL of its own: %s", key, got)
		}
		if got, _ := stored(t, s, "/public/"+key); got != "old" {
			t.Errorf("%s now holds %q", key, got)
		}
	}
}

// A condition key of RAM sees the field as it would see the header.
func TestPostObjectConditionKey(t *testing.T) {
	s, clock := serveForms(t)
	cred := assume(t, s, clock, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:PutObject","Resource":"*",
		"Condition":{"StringEquals":{"oss:x-oss-object-acl":"private"}}}]}`)
	for acl, want := range map[string]string{"private": "No Content", "public-read": "Forbidden AccessDenied", "": "Forbidden AccessDenied"} {
		fields := signForm(t, signature.V4Form, cred, clock.now(), `{"bucket":"demo"}`, field("key", "a"), field("x-oss-object-acl", acl))
		if got := verdict(upload{bucket: "demo", fields: fields}.send(t, s)); got != want {
			t.Errorf("ACL %q: %s, want %s", acl, got, want)
		}
	}
}

// Content-MD5 covers the whole body, whatever is behind the form included.
func TestPostObjectDigest(t *testing.T) {
	s, _ := serveForms(t)
	body := upload{file: content, fields: []signature.Field{field("key", "a")}, behind: []signature.Field{field("submit", "x")}}.body() + "epilogue"
	sum := md5.Sum([]byte(body))
	if got := verdict(postBody(t, s, "public", "Content-MD5: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n", body)); got != "No Content" {
		t.Errorf("right: %s", got)
	}
	if got := verdict(postBody(t, s, "public", "Content-MD5: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n", strings.Replace(body, "key", "Key", 1))); got != "Bad Request InvalidDigest" {
		t.Errorf("of another body: %s", got)
	}
}

// Two forms that forbid to overwrite race: one is stored.
func TestPostObjectRace(t *testing.T) {
	s, clock := serveForms(t)
	var mu sync.Mutex
	verdicts := map[string]int{}
	var winner string
	var wg sync.WaitGroup
	for i := range 8 {
		body := strings.Repeat(fmt.Sprint(i), 100_000)
		u := upload{bucket: "demo", file: body, fields: signForm(t, signature.V4Form, callers["root"], clock.now(), `{"bucket":"demo"}`,
			field("key", "raced"), field("x-oss-forbid-overwrite", "true"))}
		wg.Go(func() {
			got := verdict(u.send(t, s))
			mu.Lock()
			defer mu.Unlock()
			if verdicts[got]++; got == "No Content" {
				winner = body
			}
		})
	}
	wg.Wait()
	if verdicts["No Content"] != 1 || verdicts["Conflict FileAlreadyExists 0026-00000002"] != 7 {
		t.Errorf("answers: %v", verdicts)
	}
	if got, _ := stored(t, s, "/demo/raced"); got != winner {
		t.Error("what is stored is not what was acknowledged")
	}
}

// The record names what the form named, also where it was refused.
func TestPostObjectRecords(t *testing.T) {
	var records bytes.Buffer
	s := ossdtest.Start(t, ossdtest.Options{Declaration: formWorld, Wrap: func(c *server.Config) { c.AuditTo = &records }})
	now := time.Now()
	for _, file := range []string{"123", "1234"} {
		upload{bucket: "demo", name: "cat.jpg", file: file, fields: signForm(t, signature.V4Form, callers["root"], now, `["content-length-range",0,3]`, field("key", "user/${filename}"))}.send(t, s)
	}
	refused := signForm(t, signature.V1Form, signature.Credentials{AccessKeyID: ossdtest.AccessKeyID, Secret: "x"}, now, `{"a":"b"}`, field("key", "b"))
	upload{bucket: "demo", fields: refused}.send(t, s)
	s.Stop()
	type record struct {
		Operation, Bucket, Key, Scheme, AccessKeyID, Decision, Code, EC string
		Status                                                          int
	}
	var got []record
	d := json.NewDecoder(&records)
	for d.More() {
		var r record
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	want := []record{
		{"PostObject", "demo", "user/cat.jpg", "v4-post", ossdtest.AccessKeyID, "allow", "", "", 204},
		{"PostObject", "demo", "user/cat.jpg", "v4-post", ossdtest.AccessKeyID, "allow", "EntityTooLarge", "0006-00000003", 400},
		{"", "demo", "b", "v1-post", ossdtest.AccessKeyID, "", "SignatureDoesNotMatch", "0002-00000705", 403},
	}
	if !slices.Equal(got, want) {
		t.Errorf("records %+v\nwant %+v", got, want)
	}
}

// Whole requests as official SDKs send them, at the time they were made for.
func TestPostObjectVectors(t *testing.T) {
	text, err := os.ReadFile("../formpolicy/testdata/oss-post-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Bucket, Key, Region, Body string
		Now                             time.Time
		Headers                         map[string]string
		AccessKeyID                     string            `json:"access_key_id"`
		Secret                          string            `json:"access_key_secret"`
		SecurityToken                   string            `json:"security_token"`
		Fields                          map[string]string `json:"form_fields"`
		Size                            int               `json:"file_size"`
		Expect                          json.RawMessage
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	boundaryOf := regexp.MustCompile(`boundary=(\S+)`)
	played := 0
	for _, v := range vectors {
		if v.SecurityToken != "" {
			continue // a token that this server never issued; the signature package knows the vector
		}
		played++
		t.Run(v.Name, func(t *testing.T) {
			s := ossdtest.Start(t, ossdtest.Options{Now: func() time.Time { return v.Now }, Wrap: func(c *server.Config) {
				c.AccessKeyID, c.AccessKeySecret, c.Region = v.AccessKeyID, v.Secret, v.Region
			}})
			root := signature.Credentials{AccessKeyID: v.AccessKeyID, Secret: v.Secret}
			if got := as(t, s, root, v.Now, signature.V4URL, "PUT", "/"+v.Bucket); got != "OK" {
				t.Fatalf("making the bucket: %s", got)
			}
			body, file := v.Body, "hi oss"
			if body == "" {
				u := upload{file: strings.Repeat("x", max(v.Size, 1)), name: "a"}
				for name, value := range v.Fields {
					u.fields = append(u.fields, field(name, value))
				}
				body, file = u.body(), u.file
				body = strings.ReplaceAll(body, boundary, boundaryOf.FindStringSubmatch(v.Headers["Content-Type"])[1])
			}
			resp, _ := raw(s, fmt.Sprintf("POST / HTTP/1.1\r\nHost: %s.%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
				v.Bucket, ossdtest.Domain, v.Headers["Content-Type"], len(body), body))
			if string(v.Expect) == `"accept"` {
				got, _ := raw(s, "GET "+presign(t, s, root, v.Now, "GET", "/"+v.Bucket+"/"+escapeAll(v.Key))+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
				if resp.Code != 204 || got.Body.String() != file {
					t.Errorf("answered %d %s; stored %q", resp.Code, resp.Body, got.Body)
				}
				return
			}
			var reject struct {
				Status  int `json:"http_status"`
				Code    string
				Message string `json:"message_contains"`
			}
			if err := json.Unmarshal(v.Expect, &reject); err != nil {
				t.Fatal(err)
			}
			if resp.Code != reject.Status || !strings.Contains(resp.Body.String(), "<Code>"+reject.Code+"</Code>") || !strings.Contains(resp.Body.String(), reject.Message) {
				t.Errorf("answered %d %s, want %+v", resp.Code, resp.Body, reject)
			}
		})
	}
	if played < 15 {
		t.Errorf("only %d vectors were played", played)
	}
}
