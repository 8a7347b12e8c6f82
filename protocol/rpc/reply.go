package rpc

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// format is how an answer is written.
type format int

const (
	formatXML format = iota // what STS and RAM answer when nobody says
	formatJSON
)

func parseFormat(s string) (format, error) {
	switch {
	case s == "" || strings.EqualFold(s, "XML"):
		return formatXML, nil
	case strings.EqualFold(s, "JSON"):
		return formatJSON, nil
	}
	return formatXML, errFormat
}

// guessFormat serves refusals of requests that cannot even be read: SDKs that
// asked for JSON report an XML body as a broken server.
func guessFormat(r *http.Request) format {
	if r.Header.Get("Authorization") != "" || strings.EqualFold(r.URL.Query().Get("Format"), "JSON") {
		return formatJSON
	}
	return formatXML
}

// errorBody is the wire form of an Error.
type errorBody struct {
	RequestID          string `param:"RequestId"`
	HostID             string `param:"HostId"`
	Code               string
	Message            string
	Recommend          string
	AccessDeniedDetail *deniedDetail
}

// reply writes the answer, or the error if there is one, and completes the Outcome.
func (x *exchange) reply(answer any, err error) {
	x.Status = http.StatusOK
	root, body := x.Action+"Response", any(envelope{x.RequestID, answer})
	if err != nil {
		e := asError(err)
		x.Status, x.Code = e.Status, e.Code
		x.Err = e.Err
		if e.Decision != nil {
			x.Decision = e.Decision
		}
		root, body = "Error", x.errorBody(e)
	}
	text := x.format.encode(root, body)
	h := x.w.Header()
	h.Set("Content-Type", x.format.contentType())
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-store") // answers carry secrets
	h.Set("X-Acs-Request-Id", x.RequestID)
	x.w.WriteHeader(x.Status)
	n, _ := x.w.Write(text) // a client that went away is no error of ours
	x.BytesOut = int64(n)
}

func (x *exchange) errorBody(e *Error) errorBody {
	recommend := "https://api.aliyun.com/troubleshoot?q=" + url.QueryEscape(e.Code)
	body := errorBody{RequestID: x.RequestID, HostID: x.r.Host, Code: e.Code, Message: e.Message}
	if x.Product != "" {
		recommend += "&product=" + x.Product
		body.AccessDeniedDetail = x.deniedDetail(e.Decision)
	}
	body.Recommend = recommend
	return body
}

// encode writes a body; only XML shows the name of its root.
func (f format) encode(root string, body any) []byte {
	var b bytes.Buffer
	if f == formatJSON {
		appendJSON(&b, reflect.ValueOf(body))
	} else {
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
		appendXML(&b, root, reflect.ValueOf(body))
	}
	return b.Bytes()
}

func (f format) contentType() string {
	// Java chooses its parser by this header, darabonba compares the whole value.
	if f == formatJSON {
		return "application/json;charset=utf-8"
	}
	return "text/xml;charset=utf-8"
}

// newRequestID makes a random UUID (version 4) in upper case.
func newRequestID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
