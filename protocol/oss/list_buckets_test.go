package oss_test

import (
	"strings"
	"testing"

	"ossd/ossdtest"
)

// A prefix that no bucket name has is a mistake, not an empty list (SDK suite Go v1 TestIsBucketExist).
func TestListBucketsPrefix(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{})
	mustSend(t, s, request{method: "PUT", target: "/demo-1"})
	for prefix, want := range map[string]string{
		"": "", "demo-": "", "d": "", strings.Repeat("d", 63): "",
		"BucketNameInvalid": "prefix", "a_b": "prefix", "-a": "prefix", strings.Repeat("d", 64): "prefix",
	} {
		status, e := refusal(t, s, request{method: "GET", target: "/?prefix=" + prefix}, "root")
		if want == "" && status != 200 || want != "" && (status != 400 || e.ArgumentName != want) {
			t.Errorf("prefix %q: %d because of %q", prefix, status, e.ArgumentName)
		}
	}
}
