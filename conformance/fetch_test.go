//go:build conformance

package conformance

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"testing"
	"time"
)

// plain is an HTTP client that knows nothing of OSS and uses no proxy.
var plain = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// answer is what a plain HTTP client learns; code is that of an OSS error, else "".
type answer struct {
	status int
	code   string
	body   string
}

func fetch(t *testing.T, method, link string, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := plain.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, body: string(body)}
	if got.status >= 300 {
		got.code = errorCode(t, response.Header, body)
	}
	return got
}

// errorCode reads the code of an OSS error: from the body or, where the method allows
// none, from the header that stands for it.
func errorCode(t *testing.T, header http.Header, body []byte) string {
	t.Helper()
	if encoded := header.Get("x-oss-err"); len(body) == 0 && encoded != "" {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Errorf("x-oss-err: %v", err)
		}
		body = decoded
	}
	var document struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}
	if err := xml.Unmarshal(body, &document); err != nil {
		t.Errorf("an error answer is no XML error: %v: %q", err, body)
	}
	return document.Code
}
