package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	w := newWorld(t)
	trust := trusting("acs:ram::" + acc1 + ":root")
	r, err := w.CreateRole(t.Context(), Role{AccountID: acc1, Name: "Reader", TrustPolicy: trust, Tags: []Tag{{"team", "blue"}, {"age", "1"}}})
	w.must(err)
	if !slices.Equal(r.Tags, []Tag{{"age", "1"}, {"team", "blue"}}) {
		t.Errorf("made with %v", r.Tags)
	}
	w.role(acc1, "other", trust)
	add := func(tags []Tag, names ...string) error {
		return w.AddTags(t.Context(), acc1, TaggableRole, names, tags)
	}
	w.must(add([]Tag{{"age", "2"}, {"x", ""}}, "READER", "other"))
	refused(t, add([]Tag{{"lost", ""}}, "other", "none"), NotExist, "Role", "")
	refused(t, w.AddTags(t.Context(), acc1, TaggablePolicy, []string{"AdministratorAccess"}, []Tag{{"k", ""}}), NotExist, "Policy", "")
	refused(t, w.AddTags(t.Context(), acc1, "user", []string{"a"}, []Tag{{"k", ""}}), InvalidFormat, "", "ResourceType")
	for _, c := range []struct {
		tag       Tag
		kind      Kind
		parameter string
	}{
		{Tag{"", "v"}, InvalidLength, "TagKey"},
		{Tag{strings.Repeat("k", 129), ""}, InvalidLength, "TagKey"},
		{Tag{"k", strings.Repeat("v", 257)}, InvalidLength, "TagValue"},
		{Tag{"k\x00", ""}, InvalidChars, "TagKey"},
		{Tag{"aliyun-k", ""}, InvalidFormat, "TagKey"},
		{Tag{"acs:k", ""}, InvalidFormat, "TagKey"},
		{Tag{"see http://x", ""}, InvalidFormat, "TagKey"},
		{Tag{"k", "https://x"}, InvalidFormat, "TagValue"},
	} {
		refused(t, add([]Tag{c.tag}, "other"), c.kind, "", c.parameter)
	}
	refused(t, add([]Tag{{"k", "1"}, {"k", "2"}}, "other"), InvalidFormat, "", "TagKey")
	var many []Tag
	for i := range 19 {
		many = append(many, Tag{fmt.Sprint(i), ""})
	}
	refused(t, add(many, "other"), LimitExceeded, "Tag", "")

	roles, _, err := w.Roles(t.Context(), acc1, Page{}, Tag{"age", "2"}, Tag{"team", ""})
	w.must(err)
	if len(roles) != 1 || roles[0].Name != "Reader" {
		t.Errorf("filtered to %v", roles)
	}
	w.must(w.RemoveTags(t.Context(), acc1, TaggableRole, []string{"reader", "other"}, []string{"x", "never"}, false))
	tags, next, err := w.Tags(t.Context(), acc1, TaggableRole, nil, nil, Page{})
	w.must(err)
	if want := []ResourceTag{
		{TaggableRole, "other", Tag{"age", "2"}}, {TaggableRole, "Reader", Tag{"age", "2"}}, {TaggableRole, "Reader", Tag{"team", "blue"}},
	}; !slices.Equal(tags, want) || next != "" {
		t.Errorf("tags are %v, want %v", tags, want)
	}
	w.must(w.RemoveTags(t.Context(), acc1, TaggableRole, []string{"reader"}, nil, true))
	if r, err := w.Role(t.Context(), acc1, "reader"); err != nil || len(r.Tags) != 0 {
		t.Errorf("left: %v, %v", r.Tags, err)
	}
}

func TestTagsInPages(t *testing.T) {
	w := newWorld(t)
	var all []ResourceTag
	for _, name := range []string{"a", "B", "c-1", "d"} {
		tags := []Tag{{"k1", name}, {"k2", name}, {"k3", name}}
		if name == "d" {
			tags = nil
		}
		w.must(lastOf(w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: name, Document: readDocument, Tags: tags})))
		for _, tag := range tags {
			all = append(all, ResourceTag{TaggablePolicy, name, tag})
		}
	}
	for limit := 1; limit <= 10; limit++ {
		var got []ResourceTag
		page := Page{Limit: limit}
		for {
			tags, next, err := w.Tags(t.Context(), acc1, TaggablePolicy, nil, nil, page)
			w.must(err)
			got = append(got, tags...)
			if page.Marker = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, all) {
			t.Errorf("by %d: %v", limit, got)
		}
		var names []string
		page = Page{Limit: limit}
		for {
			policies, next, err := w.Policies(t.Context(), acc1, "", page, Tag{Key: "k1"})
			w.must(err)
			for _, p := range policies {
				names = append(names, p.Name)
			}
			if page.Marker = next; next == "" {
				break
			}
		}
		if got := strings.Join(names, " "); got != "a B c-1" {
			t.Errorf("policies by %d: %s", limit, got)
		}
	}
	_, _, err := w.Tags(t.Context(), acc1, TaggablePolicy, nil, nil, Page{Marker: "?"})
	refused(t, err, InvalidFormat, "", "NextToken")
}

func TestAliases(t *testing.T) {
	w := newWorld(t)
	w.must(second(w.CreateAccount(t.Context(), Account{ID: acc2}, nil)))
	w.must(w.SetAccountAlias(t.Context(), acc1, "firm"))
	w.must(w.SetAccountAlias(t.Context(), acc1, "firm"))
	refused(t, w.SetAccountAlias(t.Context(), acc2, "firm"), AlreadyExists, "AccountAlias", "")
	w.must(w.SetAccountAlias(t.Context(), acc1, "other-firm"))
	w.must(w.SetAccountAlias(t.Context(), acc2, "firm"))
	w.must(lastOf(w.EnsureAccount(t.Context(), Account{ID: acc2, Name: "renamed"}, nil)))
	if alias, err := w.AccountAlias(t.Context(), acc2); err != nil || alias != "firm" {
		t.Errorf("alias %q, %v", alias, err)
	}
	w.must(w.ClearAccountAlias(t.Context(), acc2))
	w.must(w.ClearAccountAlias(t.Context(), acc2))
	w.must(w.SetAccountAlias(t.Context(), acc1, "firm"))
	for alias, kind := range map[string]Kind{
		"": InvalidLength, "ab": InvalidLength, strings.Repeat("a", 64): InvalidLength, "-ab": InvalidFormat, "ab-": InvalidFormat,
		"a--b": InvalidFormat, "Abc": InvalidFormat, "a.b": InvalidFormat, "äbc": InvalidFormat,
	} {
		refused(t, w.SetAccountAlias(t.Context(), acc1, alias), kind, "", "AccountAlias")
	}
}
