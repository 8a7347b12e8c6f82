package diagnose

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxHead bounds a saved request, in bytes.
const maxHead = 256 << 10

// maxNames bounds its headers and its parameters: each mistake that is tried
// looks at all of them.
const maxNames = 200

// ReadRequest reads the head of a saved request; a body behind it is left alone.
// It takes what "curl -v" prints as well, and line feeds without carriage returns.
func ReadRequest(text []byte) (*http.Request, error) {
	if len(text) > maxHead {
		text = text[:maxHead]
	}
	var head strings.Builder
	for i, line := range headLines(string(text)) {
		if i == 0 {
			line = requestLine(line)
		}
		head.WriteString(line + "\r\n")
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head.String() + "\r\n")))
	if err != nil {
		return nil, fmt.Errorf("not a saved HTTP request: %w", err)
	}
	if len(r.Header) > maxNames || strings.Count(r.URL.RawQuery, "&") >= maxNames {
		return nil, fmt.Errorf("the request has more than %d headers or parameters", maxNames)
	}
	return r, nil
}

// headLines are the lines up to the first empty one; of a curl log, those sent.
func headLines(text string) (lines []string) {
	var sent []string
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(line, "> "); ok {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				sent = append(sent, line)
			}
		}
	}
	if len(sent) > 0 {
		return sent
	}
	for line := range strings.Lines(strings.TrimLeft(text, "\r\n")) {
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			break
		}
		lines = append(lines, line)
	}
	return lines
}

// requestLine makes the first line one of HTTP/1.1, whatever the log made of it.
func requestLine(line string) string {
	method, rest, _ := strings.Cut(line, " ")
	target, version, found := strings.Cut(rest, " ")
	if !found || strings.HasPrefix(version, "HTTP/2") || strings.HasPrefix(version, "HTTP/3") {
		version = "HTTP/1.1"
	}
	return method + " " + target + " " + version
}

// NewRequest makes the request that a client sends when it uses a URL. headers
// are lines "Name: value".
func NewRequest(method, url, headers string) (*http.Request, error) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return nil, errors.New("the URL must begin with http:// or https://")
	}
	if method == "" {
		method = http.MethodGet
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, target := rest[:end], rest[end:]
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	if host == "" || strings.ContainsAny(method+url, " \r\n\t") {
		return nil, errors.New("the URL is not one: it has no host, or white space in it")
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\n", method, target)
	if !hasHost(headers) {
		fmt.Fprintf(&text, "Host: %s\r\n", host)
	}
	for line := range strings.Lines(headers) {
		// Neither an end of the head nor a line of a log, which would be read instead.
		if line = strings.TrimRight(line, "\r\n"); line == "" || line[0] == '>' || !strings.Contains(line, ":") {
			return nil, fmt.Errorf("the header %q is not written as Name: value", line)
		}
		text.WriteString(line + "\r\n")
	}
	return ReadRequest(text.Bytes())
}

func hasHost(headers string) bool {
	for line := range strings.Lines(headers) {
		if name, _, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(name), "Host") {
			return true
		}
	}
	return false
}
