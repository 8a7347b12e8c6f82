package oss

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/signature"
	"ossd/protocol/signature/diagnose"
)

// Explain tells what would become of r if it arrived now, and why: who signed it,
// what it is allowed to, and which mistake made its signature wrong. r is a head
// alone; its RemoteAddr and TLS are what the request is taken to come with.
//
// Nothing is executed, recorded or remembered, in the cache of signing keys least
// of all. Keys of other accounts than the given one are answered about as keys
// that do not exist: all that is said of them stands in the request itself.
func (h *Handler) Explain(ctx context.Context, account string, r *http.Request) (*diagnose.Report, error) {
	c := &call{Handler: h, r: r.WithContext(ctx), start: h.Now()}
	candidates, err := c.locate()
	if err != nil {
		return c.refusedReport(err)
	}
	if c.isForm() {
		return c.refusedReport(errExplainForm)
	}
	in := diagnose.Input{Request: c.signed, Domains: c.Domains, Region: c.Region, Now: c.start}
	known, err := c.identify(account, &in)
	if err != nil {
		return nil, err
	}
	d := diagnose.Diagnose(in)
	report := d.Report()
	if c.claim != nil && known != nil {
		report.Refuse(known)
		return report, nil
	}
	if d.Problem != nil && c.credential == nil {
		return report, nil // not even a claim
	}
	if c.resource = candidates[0]; d.Matches {
		c.resource = d.Resource
	}
	return report, c.explainPermission(report, account, d.Matches || c.claim == nil)
}

var errExplainForm = &Error{Status: 400, Code: "NotImplemented", Message: "An HTML form is signed in its body, which cannot be explained."}

// refusedReport is the answer to a request that was refused before anybody asked whose it is.
func (c *call) refusedReport(err error) (*diagnose.Report, error) {
	report := &diagnose.Report{Method: c.r.Method, Signature: "unchecked", Causes: []diagnose.Cause{}}
	return report, c.refuseIn(report, err)
}

// refuseIn writes a refusal into the report. Errors that are no refusals stay errors.
func (c *call) refuseIn(report *diagnose.Report, err error) error {
	e := c.explain(err)
	if e.Status == http.StatusInternalServerError {
		return err
	}
	report.Refuse(&signature.Error{Code: e.Code, Message: e.Message, EC: e.EC})
	return nil
}

// identify finds the signer, who must belong to account, and the secrets that may
// have signed. It returns the refusal of a key that there is no word about.
func (c *call) identify(account string, in *diagnose.Input) (*signature.Error, error) {
	claim, err := signature.Parse(c.signed)
	if err != nil || claim == nil {
		return nil, nil // the diagnosis says so
	}
	c.claim = claim
	if err := c.accepts(claim, c.resource); err != nil {
		e := c.explain(err)
		return &signature.Error{Code: e.Code, Message: e.Message, EC: e.EC}, nil
	}
	credential, err := c.Directory.Credential(c.r.Context(), claim.AccessKeyID, claim.SecurityToken)
	var expired *access.TokenExpiredError
	switch {
	case err == nil && credential.Principal.AccountID == account:
		c.credential = credential
		in.TokenExpires = credential.Expires
		in.Secrets, err = c.secretsOf(account, credential)
		return nil, err
	case errors.As(err, &expired):
		// Not even the directory knows any more whose session it was. When it
		// ended is what the service tells anybody who sends the request.
		if claim.CheckTime(c.start) == nil {
			in.TokenExpires = expired.At
		}
		return signature.TokenExpired(expired.At, c.start), nil
	case errors.Is(err, access.ErrKeyInactive):
		if owned, err := c.owns(account, claim.AccessKeyID); err != nil {
			return nil, err
		} else if owned {
			return signature.DisabledKey(claim.AccessKeyID), nil
		}
	case errors.Is(err, access.ErrTokenUnexpected):
		if owned, err := c.owns(account, claim.AccessKeyID); err != nil {
			return nil, err
		} else if owned {
			return signature.TokenUnexpected(), nil
		}
	case errors.Is(err, access.ErrTokenMissing):
		return signature.TokenMissing(claim.AccessKeyID), nil // whether or not there is such a key
	case err != nil && c.explain(c.credentialError(err)).Status == http.StatusInternalServerError:
		return nil, err
	}
	return &signature.Error{
		Code: "InvalidAccessKeyId", EC: "0002-00000902",
		Message: "The access key, or its security token, does not exist, or belongs to another account than yours.",
	}, nil
}

// secretsOf are the secret of the credential and those that the same user, or the
// account, may have mistaken for it.
func (c *call) secretsOf(account string, credential *access.Credential) ([]diagnose.Secret, error) {
	secrets := []diagnose.Secret{{AccessKeyID: credential.AccessKeyID, Secret: credential.Secret}}
	users := []string{""}
	if name := credential.Principal.UserName; name != "" {
		users = append(users, name)
	}
	for _, user := range users {
		keys, err := c.Directory.AccessKeys(c.r.Context(), account, user)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if other, err := c.Directory.Credential(c.r.Context(), k.ID, ""); err == nil && k.ID != credential.AccessKeyID {
				secrets = append(secrets, diagnose.Secret{AccessKeyID: k.ID, Secret: other.Secret})
			}
		}
	}
	return secrets, nil
}

// owns tells whether an access key is the account's or one of its users'. The
// directory has no index for that: it tells nobody whose a disabled key is.
func (c *call) owns(account, id string) (bool, error) {
	ctx := c.r.Context()
	for page := (access.Page{Limit: 1000}); ; {
		users, next, err := c.Directory.Users(ctx, account, page)
		if err != nil {
			return false, err
		}
		for _, u := range append(users, access.User{}) { // a user without name is the account itself
			keys, err := c.Directory.AccessKeys(ctx, account, u.Name)
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(keys, func(k access.AccessKey) bool { return k.ID == id }) {
				return true, nil
			}
		}
		if page.Marker = next; next == "" {
			return false, nil
		}
	}
}

// explainPermission tells what is asked for and whether it is allowed, even where
// the signature is wrong. Which statements say so and whether the object exists
// is told only where the request is what it claims to be, and of the asker's own
// buckets: anybody can write another's key into a URL.
func (c *call) explainPermission(report *diagnose.Report, account string, proven bool) error {
	if c.credential != nil {
		report.Signer = c.credential.Principal.ARN()
	}
	err := c.matchOperation()
	if c.operation != nil {
		report.Operation = c.operation.Name
	}
	if err == nil {
		err = c.find()
	}
	if err == nil {
		err = c.authorize()
	}
	if d := c.decision; d != nil {
		report.Decision = decisionWord(d)
		own := c.found.Bucket.Owner == "" || c.found.Bucket.Owner == account
		if proven && own {
			report.Reason, report.Statements = d.Explain(), d.Statements()
		}
		if proven && d.Allowed && c.operation.On == Object {
			report.Object = "missing"
			if c.found.Object != nil {
				report.Object = "exists"
			}
		}
	}
	if err != nil {
		return c.refuseIn(report, err)
	}
	return nil
}

func decisionWord(d *policy.Decision) string {
	if d.Allowed {
		return "allow"
	}
	return "deny"
}
