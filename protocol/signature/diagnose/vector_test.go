package diagnose

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/protocol/signature"
)

// vector is a request that an official SDK signed.
type vector struct {
	Name            string
	Method, URL     string
	Headers         map[string]string
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
	Region          string
	Bucket, Key     string
	Now             time.Time
}

func (v *vector) request(t *testing.T) *signature.Request {
	t.Helper()
	_, rest, _ := strings.Cut(v.URL, "://")
	host, target, _ := strings.Cut(rest, "/")
	header := http.Header{}
	for name, value := range v.Headers {
		if strings.EqualFold(name, "Host") {
			host = value
			continue
		}
		header.Add(name, value)
	}
	r, err := signature.NewRequest(v.Method, host, "/"+target, header)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the official SDKs sign is written down here as there, and found in order.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("../testdata/oss-v?-*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("vectors: %v, %v", files, err)
	}
	where := &signature.Domains{Service: []string{"oss-cn-hangzhou.aliyuncs.com"}, CNAMEs: map[string]string{"static.example.com": "examplebucket"}}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vectors []vector
		if err := json.Unmarshal(data, &vectors); err != nil {
			t.Fatal(err)
		}
		for _, v := range vectors {
			r := v.request(t)
			d := Diagnose(Input{Request: r, Domains: where, Region: v.Region, Now: v.Now, Secrets: []Secret{{v.AccessKeyID, v.AccessKeySecret}}})
			if !d.Matches || d.Problem != nil || len(d.Causes) > 0 || d.Resource.Bucket != v.Bucket || d.Resource.Key != v.Key {
				t.Errorf("%s: %+v", v.Name, d)
			}
			c, err := signature.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			wantText, wantRequest := c.Canonical(r, d.Resource)
			if text, request := newSheet(c, r, d.Resource).compose(); text != wantText || request != wantRequest {
				t.Errorf("%s:\n got %q %q\nwant %q %q", v.Name, text, request, wantText, wantRequest)
			}
		}
	}
}

// untold are the mistakes of which an error body shows too little: it has no order of
// the URL, no parameter that is not signed, no further header and no scheme.
var untold = map[string]bool{"parameter-order": true, "parameter-unlisted": true, "date-header": true, "hash": true, "signature-malformed": true}

// Every other mistake is also found in the error body alone, where the server told what it computed.
func TestRefusals(t *testing.T) {
	all := 0
	for _, p := range prepared {
		for _, scheme := range p.schemes {
			r := p.make(t, newDraft(scheme))
			d := diagnosed(r, noon)
			if d.Problem == nil || d.Problem.Code != "SignatureDoesNotMatch" || untold[p.want] {
				continue
			}
			c, err := signature.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			text, request := c.Canonical(r, d.Resource)
			body := refusalBody(t, c, r.Host, text, request)
			refusal, err := ParseRefusal(body)
			if err != nil {
				t.Fatal(err)
			}
			all++
			causes, checked := refusal.Diagnose(input(r, noon))
			var ids []string
			for _, cause := range causes {
				ids = append(ids, cause.ID)
			}
			if !checked {
				t.Errorf("%s, %s: not checked", p.name, scheme)
			}
			if got := strings.Join(ids, " "); got != p.want {
				t.Errorf("%s, %s: %q from the error body, want %q", p.name, scheme, got, p.want)
			}
			if server, own := refusal.Compare(d); server != own {
				t.Errorf("%s, %s: the same request differs in %q and %q", p.name, scheme, server, own)
			}
		}
	}
	if all < 20 {
		t.Errorf("only %d mistakes were tried", all)
	}
}

func refusalBody(t *testing.T, c *signature.Claim, host, text, request string) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><HostId>" + host + "</HostId>")
	for _, f := range [][2]string{{"OSSAccessKeyId", c.AccessKeyID}, {"SignatureProvided", c.Details().Signature}, {"StringToSign", text}, {"CanonicalRequest", request}} {
		b.WriteString("<" + f[0] + ">" + strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(f[1]) + "</" + f[0] + ">")
	}
	return []byte(b.String() + "</Error>")
}

// Where the two sides computed different texts, the first line that differs is shown.
func TestCompare(t *testing.T) {
	d := newDraft("v4-url")
	d.header.Set("Content-Type", "text/plain")
	r := d.sign(t)
	c, err := signature.Parse(sent(r, "Content-Type", "text/html"))
	if err != nil {
		t.Fatal(err)
	}
	text, request := c.Canonical(r, d.res)
	refusal, err := ParseRefusal(refusalBody(t, c, r.Host, text, request))
	if err != nil {
		t.Fatal(err)
	}
	mine := diagnosed(sent(r, "Content-Type", "text/plain"), noon)
	if server, own := refusal.Compare(mine); server != "content-type:text/html" || own != "content-type:text/plain" {
		t.Errorf("server %q, own %q", server, own)
	}
	for _, broken := range []string{"", "no xml", "<Error></Error>"} {
		if _, err := ParseRefusal([]byte(broken)); err == nil {
			t.Errorf("%q was read as an error body", broken)
		}
	}
}
