package access

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"ossd/engine/meta"
)

// Taggable is what can have tags, as RAM spells it.
type Taggable string

const (
	TaggableRole   Taggable = "role"
	TaggablePolicy Taggable = "policy" // custom ones: those of the system are not the account's
)

// ResourceTag is a tag and what it is on.
type ResourceTag struct {
	Type Taggable
	Name string
	Tag
}

// AddTags gives tags to roles or policies, all or none of them. A tag of the same
// key gets the new value.
func (d *Directory) AddTags(ctx context.Context, account string, t Taggable, names []string, tags []Tag) error {
	return d.changeTags(ctx, account, t, names, func(old []Tag) ([]Tag, error) { return d.withTags(old, tags) })
}

// RemoveTags takes the tags of the given keys, or all tags, from roles or
// policies. Whether they had them is not asked.
func (d *Directory) RemoveTags(ctx context.Context, account string, t Taggable, names, keys []string, all bool) error {
	return d.changeTags(ctx, account, t, names, func(old []Tag) ([]Tag, error) {
		return slices.DeleteFunc(slices.Clone(old), func(have Tag) bool { return all || slices.Contains(keys, have.Key) }), nil
	})
}

func (d *Directory) changeTags(ctx context.Context, account string, t Taggable, names []string, change func([]Tag) ([]Tag, error)) error {
	if err := checkTaggable(t); err != nil {
		return err
	}
	return d.update(ctx, func(tx meta.Tx) error {
		for _, name := range names {
			if err := changeTagsOf(tx, account, t, name, change); err != nil {
				return err
			}
		}
		return nil
	})
}

func changeTagsOf(tx meta.Tx, account string, t Taggable, name string, change func([]Tag) ([]Tag, error)) error {
	if t == TaggablePolicy {
		var row policyRow
		ok, err := readRow(tx, policyKey(account, name), &row)
		if err != nil {
			return err
		}
		if !ok {
			return errNoPolicy()
		}
		if row.Tags, err = change(row.Tags); err != nil {
			return err
		}
		return writeRow(tx, policyKey(account, name), row)
	}
	id, err := findEntity(tx, RoleEntity, account, name)
	if err != nil {
		return err
	}
	var row roleRow
	if _, err := readRow(tx, entityKey(RoleEntity, account, id), &row); err != nil {
		return err
	}
	if row.Tags, err = change(row.Tags); err != nil {
		return err
	}
	return writeRow(tx, entityKey(RoleEntity, account, id), row)
}

// Tags lists the tags of the named roles or policies, or of all, in the order of
// their names and keys. A filter leaves those whose tags do not include it.
func (d *Directory) Tags(ctx context.Context, account string, t Taggable, names []string, filter []Tag, p Page) (tags []ResourceTag, next string, err error) {
	if err := checkTaggable(t); err != nil {
		return nil, "", err
	}
	after, limit, err := p.bounds()
	if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Parameter == "Marker" {
		refusal.Parameter = "NextToken" // as lists of tags call it
	}
	if err != nil {
		return nil, "", err
	}
	afterName, afterKey, _ := strings.Cut(after, "\x00")
	err = d.view(ctx, func(s meta.Snapshot) error {
		tags, next = nil, ""
		named, err := taggedNames(s, account, t, names)
		if err != nil {
			return err
		}
		for _, name := range named {
			if name < afterName {
				continue
			}
			of, err := tagsOf(s, account, t, name)
			if err != nil {
				return err
			}
			if len(of) == 0 || !haveTags(plain(of), filter) {
				continue
			}
			for _, tag := range of {
				if name == afterName && tag.Key <= afterKey {
					continue
				}
				if len(tags) == limit {
					last := tags[limit-1]
					next = base64.RawURLEncoding.EncodeToString([]byte(fold(last.Name) + "\x00" + last.Key))
					return nil
				}
				tags = append(tags, tag)
			}
		}
		return nil
	})
	return tags, next, err
}

// taggedNames returns folded names in order: the given ones, or all.
func taggedNames(s meta.Snapshot, account string, t Taggable, given []string) (names []string, err error) {
	for _, name := range given {
		names = append(names, fold(name))
	}
	if len(given) == 0 {
		prefix := policyKey(account, "")
		if t == TaggableRole {
			prefix = namesOf(RoleEntity, account)
		}
		for name, err := range scanNames(s, prefix, "") {
			if err != nil {
				return nil, err
			}
			names = append(names, name[0])
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func tagsOf(s meta.Snapshot, account string, t Taggable, name string) (tags []ResourceTag, err error) {
	var spelled string
	var has []Tag
	if t == TaggablePolicy {
		p, err := readPolicy(s, account, CustomPolicy, name)
		if err != nil {
			return nil, err
		}
		spelled, has = p.Name, p.Tags
	} else {
		id, err := findEntity(s, RoleEntity, account, name)
		if err != nil {
			return nil, err
		}
		r, err := readRole(s, account, id)
		if err != nil {
			return nil, err
		}
		spelled, has = r.Name, r.Tags
	}
	for _, tag := range has {
		tags = append(tags, ResourceTag{t, spelled, tag})
	}
	return tags, nil
}

func plain(of []ResourceTag) (tags []Tag) {
	for _, t := range of {
		tags = append(tags, t.Tag)
	}
	return tags
}

// haveTags tells whether tags include all of wanted. A wanted tag without a value
// stands for any value.
func haveTags(tags, wanted []Tag) bool {
	for _, w := range wanted {
		if !slices.ContainsFunc(tags, func(t Tag) bool { return t.Key == w.Key && (w.Value == "" || t.Value == w.Value) }) {
			return false
		}
	}
	return true
}

// withTags returns old with tags, in the order of their keys.
func (d *Directory) withTags(old, tags []Tag) ([]Tag, error) {
	merged := slices.Clone(old)
	for i, t := range tags {
		if err := t.check(); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(tags[:i], func(o Tag) bool { return o.Key == t.Key }) {
			return nil, &Error{Kind: InvalidFormat, Parameter: "TagKey", Err: errors.New("a key is given twice")}
		}
		at, found := slices.BinarySearchFunc(merged, t.Key, func(o Tag, key string) int { return strings.Compare(o.Key, key) })
		if found {
			merged[at].Value = t.Value
		} else {
			merged = slices.Insert(merged, at, t)
		}
	}
	if len(merged) > d.limits.Tags {
		return nil, &Error{Kind: LimitExceeded, Entity: "Tag"}
	}
	return merged, nil
}

// check holds a tag against "Limits" of the vendor's tags: lengths, and the
// beginnings that the vendor keeps for itself.
func (t Tag) check() error {
	if t.Key == "" {
		return &Error{Kind: InvalidLength, Parameter: "TagKey"}
	}
	if err := checkText("TagKey", t.Key, 128); err != nil {
		return err
	}
	if err := checkText("TagValue", t.Value, 256); err != nil {
		return err
	}
	if strings.HasPrefix(t.Key, "aliyun") || strings.HasPrefix(t.Key, "acs:") || hasURL(t.Key) {
		return &Error{Kind: InvalidFormat, Parameter: "TagKey"}
	}
	if hasURL(t.Value) {
		return &Error{Kind: InvalidFormat, Parameter: "TagValue"}
	}
	return nil
}

func hasURL(text string) bool {
	return strings.Contains(text, "http://") || strings.Contains(text, "https://")
}

func checkTaggable(t Taggable) error {
	if t != TaggableRole && t != TaggablePolicy {
		return &Error{Kind: InvalidFormat, Parameter: "ResourceType"}
	}
	return nil
}
