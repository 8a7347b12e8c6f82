package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

// A form signed by the program uploads what its policy admits, and nothing else.
func TestSignPost(t *testing.T) {
	env := []string{"OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID=" + crashKey.AccessKeyID, "OSSD_ACCESS_KEY_SECRET=" + crashKey.Secret}
	p, err := startProgram([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	if err := crashPut(http.DefaultClient, p.address, "/forms", nil); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OSS_ENDPOINT", "http://"+p.address)
	t.Setenv("OSS_REGION", "cn-hangzhou")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", crashKey.AccessKeyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", crashKey.Secret)
	for _, scheme := range []string{"v1", "v2", "v4"} {
		form := signedFormOf(t, "--scheme", scheme, "--max-size", "1KiB", "--content-type", "image/*", "oss://forms/up/")
		for _, c := range []struct {
			name, key, contentType string
			size, status           int
		}{
			{"admitted", "", "image/png", 1024, http.StatusNoContent},
			{"another key", "other/${filename}", "image/png", 10, http.StatusForbidden},
			{"another type", "", "text/html", 10, http.StatusForbidden},
			{"too large", "", "image/png", 1025, http.StatusBadRequest},
		} {
			fields := map[string]string{}
			for name, value := range form.Fields {
				fields[name] = value
			}
			if fields["Content-Type"] = c.contentType; c.key != "" {
				fields["key"] = c.key
			}
			if status, body := postForm(t, form.URL, fields, strings.Repeat("x", c.size)); status != c.status {
				t.Errorf("%s, %s: status %d, want %d: %s", scheme, c.name, status, c.status, body)
			}
		}
		got, status, err := crashGet(http.DefaultClient, p.address, "/forms/up/cat.png")
		if err != nil || status != http.StatusOK || len(got) != 1024 {
			t.Errorf("%s: the upload has status %d and %d bytes: %v", scheme, status, len(got), err)
		}
	}
}

func signedFormOf(t *testing.T, args ...string) (form signedForm) {
	t.Helper()
	var out bytes.Buffer
	cmd := newRoot()
	cmd.SetArgs(append([]string{"sign", "--post"}, args...))
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &form); err != nil {
		t.Fatal(err)
	}
	return form
}

func postForm(t *testing.T, url string, fields map[string]string, content string) (status int, answer string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="cat.png"`}, "Content-Type": {fields["Content-Type"]}})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, content)
	w.Close()
	resp, err := http.Post(url, w.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "17": 17, "17B": 17, "500KB": 500_000, "10MiB": 10 << 20, "10 mib": 10 << 20, "5GiB": 5 << 30, "5GB": 5e9} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "B", "-1", "1.5MB", "6GiB", "9223372036854775807KiB", "1XB", "0x10"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

// A saved host of the public service tells its region.
func TestCloudHost(t *testing.T) {
	for host, want := range map[string]string{
		"photos.oss-cn-hangzhou.aliyuncs.com": "cn-hangzhou", "oss-ap-southeast-1.aliyuncs.com": "ap-southeast-1",
		"photos.oss-cn-hongkong-internal.aliyuncs.com": "cn-hongkong", "photos.oss-us-east-1-internal.aliyuncs.com": "us-east-1",
		"oss-cn-hangzhou.aliyuncs.com.example.com": "", "photos.example.com": "", "xoss-cn-hangzhou.aliyuncs.com": "",
	} {
		got := ""
		if m := cloudHost.FindStringSubmatch(host); m != nil {
			got = m[2]
		}
		if got != want {
			t.Errorf("%s is of region %q, want %q", host, got, want)
		}
	}
}
