package checks

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// plain is an HTTP client that knows nothing of OSS.
var plain = &http.Client{Timeout: 10 * time.Second}

// signedGet downloads with a signed URL that also replaces two headers of the answer.
func signedGet(c Client, key string) error {
	const kind, disposition = "application/x-replaced", `attachment; filename="a + b.txt"`
	if err := c.Put(key, "content", Description{Type: "text/plain", From: "an SDK"}); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	link, err := c.SignGet(key, kind, disposition)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	got, err := send("GET", link, "", Description{})
	if err != nil {
		return err
	}
	return errors.Join(
		Equal("status with "+got.code, got.status, 200),
		Equal("content", got.body, "content"),
		Equal("Content-Type", got.header.Get("Content-Type"), kind),
		Equal("Content-Disposition", got.header.Get("Content-Disposition"), disposition),
		remove(c, key),
	)
}

// signedPut uploads with a signed URL, as described there and not otherwise.
func signedPut(c Client, key string) error {
	about := Description{Type: "text/x-odd; charset=utf-8", From: "a visitor"}
	link, err := c.SignPut(key, about)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	got, err := send("PUT", link, "content", about)
	if err := errors.Join(err, Equal("status with "+got.code, got.status, 200)); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	for _, other := range []Description{{Type: "text/html", From: about.From}, {Type: about.Type, From: "somebody"}, {Type: about.Type}} {
		got, err := send("PUT", link, "defaced", other)
		if err := errors.Join(err, Equal("refusal", got.code, "SignatureDoesNotMatch")); err != nil {
			return fmt.Errorf("put as %+v: %w", other, err)
		}
	}
	described, err := c.Head(key)
	if err := errors.Join(err, Equal("description", described, about)); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	content, err := c.Get(key)
	return errors.Join(err, Equal("content", content, "content"), remove(c, key))
}

// answer is what a plain HTTP client learns; code is that of an OSS error, else "".
type answer struct {
	status     int
	header     http.Header
	code, body string
}

func send(method, link, body string, about Description) (answer, error) {
	request, err := http.NewRequest(method, link, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if about.Type != "" {
		request.Header.Set("Content-Type", about.Type)
	}
	if about.From != "" {
		request.Header.Set("x-oss-meta-from", about.From)
	}
	response, err := plain.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	got := answer{status: response.StatusCode, header: response.Header, body: string(content)}
	if got.status >= 300 {
		var document struct{ Code string }
		if xml.Unmarshal(content, &document) == nil {
			got.code = document.Code
		}
	}
	return got, err
}
