package main

import (
	"encoding/base64"
	"testing"
)

// A message is found wherever it may have been copied from.
func TestFindMessage(t *testing.T) {
	const document = `<Error>
  <AccessDeniedDetail><AuthAction>oss:GetObject</AuthAction><EncodedDiagnosticMessage>AQIB/a+b</EncodedDiagnosticMessage></AccessDeniedDetail>
</Error>`
	for text, want := range map[string]string{
		"AQIB/a+b":                    "AQIB/a+b",
		" AQIB/\n  a+b\n":             "AQIB/a+b",
		document:                      "AQIB/a+b",
		"HTTP/1.1 403\n\n" + document: "AQIB/a+b",
		base64.StdEncoding.EncodeToString([]byte(document)):                                         "AQIB/a+b",
		`{"AccessDeniedDetail":{"NoPermissionType":"x","EncodedDiagnosticMessage":"AQIB/a+b"}}`:     "AQIB/a+b",
		`{"AccessDeniedDetail": {"EncodedDiagnosticMessage" : "AQIB\/a+b"}}`:                        "AQIB/a+b",
		`"{\"AccessDeniedDetail\":{\"EncodedDiagnosticMessage\":\"AQIB/a+b\"}}"`:                    "AQIB/a+b",
		`AccessDenied: {'AccessDeniedDetail': {'EncodedDiagnosticMessage': 'AQIB/a+b'}, 'EC': '0'}`: "AQIB/a+b",
		`<Error><Code>NoSuchKey</Code></Error>`:                                                     "",
		`{"Code":"NoPermission"}`:                                                                   "",
	} {
		got, err := findMessage(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s\n got %q, %v\nwant %q", text, got, err, want)
		}
	}
}
