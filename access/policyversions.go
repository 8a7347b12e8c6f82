package access

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"ossd/access/policy"
	"ossd/engine/meta"
)

const firstVersion = "v1"

// NewPolicyVersion is a document to add to a custom policy.
type NewPolicyVersion struct {
	Document string // kept exactly as it is given
	Default  bool   // in force from now on
	Rotate   bool   // if there are too many, the oldest that is not the default gives way
}

// CreatePolicyVersion adds a version to a custom policy.
func (d *Directory) CreatePolicyVersion(ctx context.Context, account, name string, in NewPolicyVersion) (v PolicyVersion, err error) {
	if _, err := parseDocument(policy.Identity, "PolicyDocument", in.Document, d.limits.PolicyDocument); err != nil {
		return v, err
	}
	err = d.changePolicy(ctx, account, name, func(row *policyRow) error {
		if len(row.Versions) >= d.limits.PolicyVersions {
			oldest := slices.IndexFunc(row.Versions, func(v policyVersion) bool { return v.ID != row.Default })
			if !in.Rotate || oldest < 0 {
				return &Error{Kind: LimitExceeded, Entity: "Policy.Version"}
			}
			row.Versions = slices.Delete(row.Versions, oldest, oldest+1)
		}
		row.LastVersion = max(row.LastVersion, 1) + 1
		added := policyVersion{ID: "v" + strconv.Itoa(row.LastVersion), Document: in.Document, CreateDate: d.instant()}
		row.Versions = append(row.Versions, added)
		row.UpdateDate = added.CreateDate
		if in.Default {
			row.Default = added.ID
		}
		v = row.version(added)
		return nil
	})
	return v, err
}

// PolicyVersion returns one version of a policy of either type.
func (d *Directory) PolicyVersion(ctx context.Context, account, policyType, name, id string) (v PolicyVersion, err error) {
	if err := checkVersionID(id); err != nil {
		return v, err
	}
	versions, err := d.PolicyVersions(ctx, account, policyType, name)
	if err != nil {
		return v, err
	}
	i := slices.IndexFunc(versions, func(v PolicyVersion) bool { return v.ID == id })
	if i < 0 {
		return v, errNoVersion()
	}
	return versions[i], nil
}

// PolicyVersions lists the versions of a policy of either type, the oldest first.
func (d *Directory) PolicyVersions(ctx context.Context, account, policyType, name string) (versions []PolicyVersion, err error) {
	if err := checkPolicyType(policyType); err != nil {
		return nil, err
	}
	if policyType == SystemPolicy {
		p, err := systemPolicy(name)
		if err != nil {
			return nil, err
		}
		return []PolicyVersion{{ID: p.DefaultVersion, Default: true, Document: p.Document}}, nil
	}
	err = d.view(ctx, func(s meta.Snapshot) error {
		versions = nil
		var row policyRow
		if ok, err := readRow(s, policyKey(account, name), &row); err != nil {
			return err
		} else if !ok {
			return errNoPolicy()
		}
		for _, v := range row.Versions {
			versions = append(versions, row.version(v))
		}
		return nil
	})
	return versions, err
}

// SetDefaultPolicyVersion puts a version of a custom policy in force, at once.
func (d *Directory) SetDefaultPolicyVersion(ctx context.Context, account, name, id string) error {
	if err := checkVersionID(id); err != nil {
		return err
	}
	return d.changePolicy(ctx, account, name, func(row *policyRow) error {
		if row.index(id) < 0 {
			return errNoVersion()
		}
		row.Default, row.UpdateDate = id, d.instant()
		return nil
	})
}

// DeletePolicyVersion removes a version that is not in force. Its id is not
// given again.
func (d *Directory) DeletePolicyVersion(ctx context.Context, account, name, id string) error {
	if err := checkVersionID(id); err != nil {
		return err
	}
	return d.changePolicy(ctx, account, name, func(row *policyRow) error {
		i := row.index(id)
		switch {
		case i < 0:
			return errNoVersion()
		case id == row.Default:
			return &Error{Kind: DeleteConflict, Entity: "Policy.Version", Parameter: "Default"}
		}
		row.LastVersion = max(row.LastVersion, 1)
		row.Versions = slices.Delete(row.Versions, i, i+1)
		row.UpdateDate = d.instant()
		return nil
	})
}

// index finds a version, -1 if there is none. Rows are written with a default one.
func (r *policyRow) index(id string) int {
	return slices.IndexFunc(r.Versions, func(v policyVersion) bool { return v.ID == id })
}

func (r *policyRow) version(v policyVersion) PolicyVersion {
	return PolicyVersion{ID: v.ID, Default: v.ID == r.Default, Document: v.Document, CreateDate: v.CreateDate}
}

// checkVersionID wants a v and a number without leading zeros.
func checkVersionID(id string) error {
	number, ok := strings.CutPrefix(id, "v")
	if n, err := strconv.Atoi(number); !ok || err != nil || n < 1 || strconv.Itoa(n) != number {
		return &Error{Kind: InvalidFormat, Parameter: "VersionId"}
	}
	return nil
}

func errNoVersion() error { return &Error{Kind: NotExist, Entity: "Policy.Version"} }
