//go:build linux

package main

import (
	"slices"
	"strings"
)

// trustVariables name a file of trusted certificates for: OpenSSL and Go, Python's
// requests, libcurl, Alibaba Cloud's core SDKs, Node. The last one adds to Node's
// roots, the others replace theirs; no other server can be reached from in here.
var trustVariables = []string{
	"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALIBABA_CLOUD_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
}

// cleared are the variables that would lead a client past the names served here, with
// the one that is our own. They are compared without regard to case.
var cleared = []string{"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_dir", insideVariable}

// clientEnvironment returns environ as a client needs it that shall trust the PEM file
// authority and talk to the server directly.
func clientEnvironment(environ []string, authority string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(cleared, func(c string) bool { return strings.EqualFold(c, name) }) ||
			slices.Contains(trustVariables, name)
	})
	for _, name := range trustVariables {
		env = append(env, name+"="+authority)
	}
	return env
}
