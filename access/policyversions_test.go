package access

import (
	"strings"
	"testing"

	"ossd/engine/meta"
)

func versionIDs(versions []PolicyVersion) string {
	var b strings.Builder
	for _, v := range versions {
		b.WriteString(" " + v.ID)
		if v.Default {
			b.WriteString("*")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestPolicyVersions(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice", denyDocument)
	const name = "alice-user-a"
	add := func(in NewPolicyVersion) (PolicyVersion, error) {
		return w.CreatePolicyVersion(t.Context(), acc1, strings.ToUpper(name), in)
	}
	is := func(want string) {
		t.Helper()
		versions, err := w.PolicyVersions(t.Context(), acc1, CustomPolicy, name)
		w.must(err)
		if got := versionIDs(versions); got != want {
			t.Errorf("versions are %s, want %s", got, want)
		}
	}
	v, err := add(NewPolicyVersion{Document: readDocument})
	w.must(err)
	if v.ID != "v2" || v.Default || v.Document != readDocument || w.may(alice.ID) {
		t.Errorf("a version that is not the default is in force, or %+v", v)
	}
	w.must(w.SetDefaultPolicyVersion(t.Context(), acc1, name, "v2"))
	if !w.may(alice.ID) {
		t.Error("the default version is not in force")
	}
	for range 3 {
		w.must(lastOf(add(NewPolicyVersion{Document: denyDocument})))
	}
	is("v1 v2* v3 v4 v5")
	_, err = add(NewPolicyVersion{Document: denyDocument})
	refused(t, err, LimitExceeded, "Policy.Version", "")
	w.must(lastOf(add(NewPolicyVersion{Document: denyDocument, Rotate: true})))
	is("v2* v3 v4 v5 v6")
	w.must(lastOf(add(NewPolicyVersion{Document: denyDocument, Rotate: true, Default: true})))
	is("v2 v4 v5 v6 v7*")
	if w.may(alice.ID) {
		t.Error("the new default version is not in force")
	}
	w.must(w.DeletePolicyVersion(t.Context(), acc1, name, "v6"))
	refused(t, w.DeletePolicyVersion(t.Context(), acc1, name, "v7"), DeleteConflict, "Policy.Version", "Default")
	refused(t, w.DeletePolicyVersion(t.Context(), acc1, name, "v1"), NotExist, "Policy.Version", "")
	refused(t, w.SetDefaultPolicyVersion(t.Context(), acc1, name, "v6"), NotExist, "Policy.Version", "")
	for _, id := range []string{"", "v", "7", "v0", "v-1", "v+7", "v07", "V7", "v7 ", "v99999999999999999999"} {
		refused(t, w.DeletePolicyVersion(t.Context(), acc1, name, id), InvalidFormat, "", "VersionId")
		refused(t, w.SetDefaultPolicyVersion(t.Context(), acc1, name, id), InvalidFormat, "", "VersionId")
		_, err := w.PolicyVersion(t.Context(), acc1, CustomPolicy, name, id)
		refused(t, err, InvalidFormat, "", "VersionId")
	}

	w.must(w.Detach(t.Context(), acc1, CustomPolicy, name, UserEntity, "alice"))
	refused(t, w.DeletePolicy(t.Context(), acc1, name, false), DeleteConflict, "Policy", "Version")
	w.must(w.DeletePolicy(t.Context(), acc1, name, true))
	_, err = w.PolicyVersions(t.Context(), acc1, CustomPolicy, name)
	refused(t, err, NotExist, "Policy", "")
	_, err = add(NewPolicyVersion{Document: readDocument})
	refused(t, err, NotExist, "Policy", "")
}

// The newest version is deleted: its id is not given to the next.
func TestVersionIDsAreNotGivenTwice(t *testing.T) {
	w := newWorld(t)
	w.user(acc1, "alice", readDocument)
	for _, want := range []string{"v2", "v3", "v4"} {
		v, err := w.CreatePolicyVersion(t.Context(), acc1, "alice-user-a", NewPolicyVersion{Document: readDocument})
		w.must(err)
		if v.ID != want {
			t.Errorf("got %s, want %s", v.ID, want)
		}
		w.must(w.DeletePolicyVersion(t.Context(), acc1, "alice-user-a", v.ID))
	}
}

// Rows as they were before there were versions, groups, tags and aliases.
func TestRowsFromBefore(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	w.must(w.update(t.Context(), func(tx meta.Tx) error {
		return tx.Put([]byte(policyKey(acc1, "old")), []byte(`{"v":1,"name":"Old","default":"v1","versions":[{"id":"v1","document":"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"oss:*\",\"Resource\":\"*\"}]}","createDate":"2026-01-02T03:04:05Z"}],"createDate":"2026-01-02T03:04:05Z","updateDate":"2026-01-02T03:04:05Z"}`))
	}))
	w.must(w.Attach(t.Context(), acc1, CustomPolicy, "old", UserEntity, "alice"))
	if !w.may(alice.ID) {
		t.Error("a policy of before is not in force")
	}
	v, err := w.CreatePolicyVersion(t.Context(), acc1, "old", NewPolicyVersion{Document: denyDocument})
	w.must(err)
	if v.ID != "v2" {
		t.Errorf("the second version is %s", v.ID)
	}
}
