package oss_test

import (
	"net/http"
	"testing"

	"ossd/ossdtest"
)

// TestPassedOver: what the SDKs send along and the service passes over is no
// refusal, and what a client may count on still is.
func TestPassedOver(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{})
	with := func(name, value string) http.Header { return http.Header{http.CanonicalHeaderKey(name): {value}} }
	walk(t, s, []step{
		{as: "root", method: "PUT", target: "/demo", want: 200},
		{as: "root", method: "PUT", target: "/demo/a", body: "hello", header: with("x-oss-acl", "public-read"), want: 200},
		{as: "anonymous", method: "GET", target: "/demo/a", want: 403}, // it was the bucket's word
		{as: "root", method: "PUT", target: "/demo/a?response-content-encoding=deflate", body: "hello", want: 200},
		{as: "root", method: "GET", target: "/demo/a", header: with("x-oss-acl", "private"), want: 200},
		{as: "root", method: "GET", target: "/demo/a", header: with("x-oss-forbid-overwrite", "true"), want: 200},
		{as: "root", method: "HEAD", target: "/demo/a", header: with("x-oss-object-acl", "private"), want: 200},
		{as: "root", method: "POST", target: "/demo/a?uploads", header: with("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), want: 200},

		{as: "root", method: "POST", target: "/demo/a?uploads", header: with("If-None-Match", "*"), want: 400},
		{as: "root", method: "PUT", target: "/demo/a", body: "x", header: with("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), want: 400},
		{as: "root", method: "PUT", target: "/demo/a", body: "x", header: with("x-oss-server-side-encryption", "AES256"), want: 400},
		{as: "root", method: "GET", target: "/", header: with("x-oss-resource-group-id", "rg-1"), want: 400},
	})
}
