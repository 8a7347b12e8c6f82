package policy

import (
	"slices"
	"testing"
)

func TestSystem(t *testing.T) {
	names := SystemNames()
	if !slices.IsSorted(names) || len(names) != 6 {
		t.Errorf("names %v are not six in order", names)
	}
	for _, name := range names {
		d, description, ok := System(name)
		if !ok || description == "" || d.Kind() != Identity || d.Text() == "" {
			t.Errorf("%s: %v %q %v", name, d, description, ok)
		}
	}
	if d, _, ok := System("administratoraccess"); ok || d != nil {
		t.Error("a name in another case was found")
	}

	for action, want := range map[string]bool{
		"oss:GetObject": true, "oss:ListBuckets": true, "oss:ListParts": true, "oss:GetBucketPolicy": true,
		"oss:DoMetaQuery": false, "oss:RestoreObject": false, "oss:PutObject": false, "ram:GetUser": false,
	} {
		d, _, _ := System("AliyunOSSReadOnlyAccess")
		r := request(alice, action)
		r.Identity = []Attached{{Document: d}}
		if got := Decide(r); got.Allowed != want {
			t.Error(got.Explain())
		}
	}
}
