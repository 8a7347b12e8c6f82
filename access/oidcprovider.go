package access

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ossd/engine/meta"
)

// OIDCProvider is an identity provider whose word a role's trust policy may
// rely on. Whether a token is really its own is not judged here.
type OIDCProvider struct {
	AccountID     string
	ID            string // 18 digits, the first is 5
	Name          string
	Issuer        string // URL
	Description   string
	ClientIDs     []string      // to whom tokens may be issued
	Fingerprints  []string      // of the authority of the issuer's certificate; none: any authority
	IssuanceLimit time.Duration // how long ago a token may have been issued
	CreateDate    time.Time
	UpdateDate    time.Time
}

// ARN returns acs:ram::ACCOUNT:oidc-provider/NAME.
func (p OIDCProvider) ARN() string { return "acs:ram::" + p.AccountID + ":oidc-provider/" + p.Name }

// OIDCProviderUpdate says what to change; nil leaves a field.
type OIDCProviderUpdate struct {
	Description   *string
	ClientIDs     *[]string
	IssuanceLimit *time.Duration
}

// ProviderEntity is an EntityType, though no policy is ever attached to one.
const ProviderEntity EntityType = "OIDCProvider"

// The vendor's bounds (documentation of CreateOIDCProvider).
const (
	maxClientIDs         = 20
	maxFingerprints      = 5
	maxIssuanceLimit     = 168 * time.Hour
	defaultIssuanceLimit = 12 * time.Hour
	maxIssuer            = 255
)

type providerRow struct {
	Version       int       `json:"v"`
	Name          string    `json:"name"`
	Issuer        string    `json:"issuer"`
	Description   string    `json:"description,omitempty"`
	ClientIDs     []string  `json:"clientIds,omitempty"`
	Fingerprints  []string  `json:"fingerprints,omitempty"`
	IssuanceHours int       `json:"issuanceHours"`
	CreateDate    time.Time `json:"createDate"`
	UpdateDate    time.Time `json:"updateDate"`
}

// CreateOIDCProvider registers an issuer. The account may name each issuer once.
func (d *Directory) CreateOIDCProvider(ctx context.Context, p OIDCProvider) (OIDCProvider, error) {
	if err := d.checkOIDCProvider(&p); err != nil {
		return OIDCProvider{}, err
	}
	id, err := newEntityID(d.random, ProviderEntity)
	if err != nil {
		return OIDCProvider{}, err
	}
	p.ID, p.CreateDate = id, d.instant()
	p.UpdateDate = p.CreateDate
	err = d.update(ctx, func(tx meta.Tx) error {
		if err := wantAccount(tx, p.AccountID); err != nil {
			return err
		}
		for name, err := range scanNames(tx, namesOf(ProviderEntity, p.AccountID), "") {
			if err != nil {
				return err
			}
			other, err := readProvider(tx, p.AccountID, name[1])
			if err != nil {
				return err
			}
			if other.Issuer == p.Issuer && fold(other.Name) != fold(p.Name) {
				return &Error{Kind: AlreadyExists, Entity: "OIDCProvider", Parameter: "IssuerUrl"}
			}
		}
		if err := claimName(tx, ProviderEntity, p.AccountID, p.Name, id, d.limits.OIDCProviders); err != nil {
			return err
		}
		return writeProvider(tx, p)
	})
	if err != nil {
		return OIDCProvider{}, err
	}
	return p, nil
}

// OIDCProvider returns an identity provider by name.
func (d *Directory) OIDCProvider(ctx context.Context, account, name string) (p OIDCProvider, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		id, err := findEntity(s, ProviderEntity, account, name)
		if err != nil {
			return err
		}
		p, err = readProvider(s, account, id)
		return err
	})
	return p, err
}

// OIDCProviders lists identity providers in the order of their names.
func (d *Directory) OIDCProviders(ctx context.Context, account string, p Page) (list []OIDCProvider, next string, err error) {
	err = d.view(ctx, func(s meta.Snapshot) (err error) {
		list, next, err = listPage(s, namesOf(ProviderEntity, account), p, nil, func(_, id string) (OIDCProvider, error) {
			return readProvider(s, account, id)
		})
		return err
	})
	return list, next, err
}

// UpdateOIDCProvider changes an identity provider.
func (d *Directory) UpdateOIDCProvider(ctx context.Context, account, name string, change OIDCProviderUpdate) (OIDCProvider, error) {
	return d.changeProvider(ctx, account, name, func(p *OIDCProvider) error {
		if change.Description != nil {
			p.Description = *change.Description
		}
		if change.ClientIDs != nil {
			p.ClientIDs = slices.Clone(*change.ClientIDs)
		}
		if change.IssuanceLimit != nil {
			p.IssuanceLimit = *change.IssuanceLimit
		}
		return nil
	})
}

// AddClientID lets tokens for one more client in; RemoveClientID keeps them out.
func (d *Directory) AddClientID(ctx context.Context, account, name, id string) (OIDCProvider, error) {
	return d.changeProvider(ctx, account, name, func(p *OIDCProvider) error {
		return addTo(&p.ClientIDs, id, "OIDCProvider.ClientId")
	})
}

// RemoveClientID is the opposite of AddClientID.
func (d *Directory) RemoveClientID(ctx context.Context, account, name, id string) (OIDCProvider, error) {
	return d.changeProvider(ctx, account, name, func(p *OIDCProvider) error {
		return removeFrom(&p.ClientIDs, id, "OIDCProvider.ClientId")
	})
}

// AddFingerprint trusts one more authority of certificates.
func (d *Directory) AddFingerprint(ctx context.Context, account, name, fingerprint string) (OIDCProvider, error) {
	return d.changeProvider(ctx, account, name, func(p *OIDCProvider) error {
		return addTo(&p.Fingerprints, strings.ToLower(fingerprint), "OIDCProvider.Fingerprint")
	})
}

// RemoveFingerprint is the opposite of AddFingerprint. The last one stays: without
// any, every authority would be good, which is more than was trusted before.
func (d *Directory) RemoveFingerprint(ctx context.Context, account, name, fingerprint string) (OIDCProvider, error) {
	return d.changeProvider(ctx, account, name, func(p *OIDCProvider) error {
		if err := removeFrom(&p.Fingerprints, strings.ToLower(fingerprint), "OIDCProvider.Fingerprint"); err != nil {
			return err
		}
		if len(p.Fingerprints) == 0 {
			return &Error{Kind: DeleteConflict, Entity: "OIDCProvider", Parameter: "Fingerprint"}
		}
		return nil
	})
}

func addTo(list *[]string, item, entity string) error {
	if slices.Contains(*list, item) {
		return &Error{Kind: AlreadyExists, Entity: entity}
	}
	*list = append(slices.Clone(*list), item)
	return nil
}

func removeFrom(list *[]string, item, entity string) error {
	i := slices.Index(*list, item)
	if i < 0 {
		return &Error{Kind: NotExist, Entity: entity}
	}
	*list = slices.Delete(slices.Clone(*list), i, i+1)
	return nil
}

// changeProvider runs change on the identity provider, and checks what comes out.
func (d *Directory) changeProvider(ctx context.Context, account, name string, change func(*OIDCProvider) error) (p OIDCProvider, err error) {
	err = d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, ProviderEntity, account, name)
		if err != nil {
			return err
		}
		if p, err = readProvider(tx, account, id); err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		if err := d.checkOIDCProvider(&p); err != nil {
			return err
		}
		p.UpdateDate = d.instant()
		return writeProvider(tx, p)
	})
	if err != nil {
		return OIDCProvider{}, err
	}
	return p, nil
}

// DeleteOIDCProvider removes an identity provider. It ends the sessions that
// began with it: whoever takes the trust back wants nobody left inside.
func (d *Directory) DeleteOIDCProvider(ctx context.Context, account, name string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		id, err := findEntity(tx, ProviderEntity, account, name)
		if err != nil {
			return err
		}
		return deleteEntity(tx, ProviderEntity, account, name, id)
	})
}

func readProvider(s meta.Snapshot, account, id string) (OIDCProvider, error) {
	var row providerRow
	if _, err := readRow(s, entityKey(ProviderEntity, account, id), &row); err != nil {
		return OIDCProvider{}, err
	}
	return OIDCProvider{
		AccountID: account, ID: id, Name: row.Name, Issuer: row.Issuer, Description: row.Description, ClientIDs: row.ClientIDs,
		Fingerprints: row.Fingerprints, IssuanceLimit: time.Duration(row.IssuanceHours) * time.Hour, CreateDate: row.CreateDate, UpdateDate: row.UpdateDate,
	}, nil
}

func writeProvider(tx meta.Tx, p OIDCProvider) error {
	return writeRow(tx, entityKey(ProviderEntity, p.AccountID, p.ID), providerRow{
		Version: rowVersion, Name: p.Name, Issuer: p.Issuer, Description: p.Description, ClientIDs: p.ClientIDs, Fingerprints: p.Fingerprints,
		IssuanceHours: int(p.IssuanceLimit / time.Hour), CreateDate: p.CreateDate, UpdateDate: p.UpdateDate,
	})
}

// checkOIDCProvider judges an identity provider as a whole, and brings it to
// the form in which it is kept.
func (d *Directory) checkOIDCProvider(p *OIDCProvider) error {
	if err := checkName("OIDCProviderName", p.Name, 1, 128, providerNameMarks); err != nil {
		return err
	}
	if strings.ContainsAny(p.Name[:1], providerNameMarks) || strings.ContainsAny(p.Name[len(p.Name)-1:], providerNameMarks) {
		return &Error{Kind: InvalidChars, Parameter: "OIDCProviderName"}
	}
	if err := d.checkIssuer(p.Issuer); err != nil {
		return err
	}
	if err := checkText("Description", p.Description, 256); err != nil {
		return err
	}
	if p.IssuanceLimit == 0 {
		p.IssuanceLimit = defaultIssuanceLimit
	}
	if p.IssuanceLimit < time.Hour || p.IssuanceLimit > maxIssuanceLimit || p.IssuanceLimit%time.Hour != 0 {
		return &Error{Kind: InvalidFormat, Parameter: "IssuanceLimitTime"}
	}
	if err := checkEach("ClientId", p.ClientIDs, maxClientIDs, checkClientID); err != nil {
		return err
	}
	p.Fingerprints = slices.Clone(p.Fingerprints)
	for i := range p.Fingerprints {
		p.Fingerprints[i] = strings.ToLower(p.Fingerprints[i])
	}
	return checkEach("Fingerprint", p.Fingerprints, maxFingerprints, checkFingerprint)
}

func checkEach(what string, list []string, limit int, check func(string) error) error {
	if len(list) > limit {
		return &Error{Kind: LimitExceeded, Entity: "OIDCProvider." + what}
	}
	for i, item := range list {
		if err := check(item); err != nil {
			return err
		}
		if slices.Contains(list[:i], item) {
			return &Error{Kind: AlreadyExists, Entity: "OIDCProvider." + what}
		}
	}
	return nil
}

func checkClientID(id string) error {
	if err := checkName("ClientId", id, 1, 128, clientIDMarks); err != nil {
		return err
	}
	if strings.ContainsAny(id[:1], clientIDMarks) {
		return &Error{Kind: InvalidChars, Parameter: "ClientId"}
	}
	return nil
}

// checkFingerprint wants a SHA-1 in hexadecimal. The vendor says "letters and
// digits, at most 40"; a shorter one could match no certificate.
func checkFingerprint(text string) error {
	if len(text) != 40 || strings.Trim(text, digits+"abcdef") != "" {
		return &Error{Kind: InvalidFormat, Parameter: "Fingerprint"}
	}
	return nil
}

// checkIssuer wants https, without query, fragment or user (vendor
// documentation of CreateOIDCProvider). The operator's own issuers aside, it must
// have a name: an address is hardly ever a public issuer's, and the mistake is
// better told here than when the first token comes. What a name leads to is
// looked at then (package idtoken).
func (d *Directory) checkIssuer(issuer string) error {
	bad := &Error{Kind: InvalidFormat, Parameter: "IssuerUrl"}
	if len(issuer) > maxIssuer {
		return &Error{Kind: InvalidLength, Parameter: "IssuerUrl"}
	}
	u, err := url.Parse(issuer)
	if err != nil || !printable(issuer) || strings.ContainsAny(issuer, "?#@\\") || u.Hostname() == "" || u.Opaque != "" {
		return bad
	}
	if slices.Contains(d.localIssuers, issuer) {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); u.Scheme != "https" || err == nil || strings.EqualFold(u.Hostname(), "localhost") {
		return bad
	}
	return nil
}
