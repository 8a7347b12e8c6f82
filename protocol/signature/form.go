package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const fieldPolicy = "policy"

var v1Form = scheme{
	carrier:   inForm,
	checkTime: checkNothing,
	newHash:   sha1.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	mismatch:  "0002-00000705",
}

var v2Form = scheme{
	carrier:   inForm,
	checkTime: checkNothing,
	newHash:   sha256.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	mismatch:  "0002-00000705",
}

var v4Form = scheme{
	carrier:   inForm,
	checkTime: checkFormWindow,
	newHash:   sha256.New,
	deriveKey: deriveV4,
	encode:    hex.EncodeToString,
	mismatch:  "0002-00000705",
}

// formFields are the names of the fields of one version.
type formFields struct{ signature, key string }

func fieldsOf(name Scheme) formFields {
	switch name {
	case V1Form:
		return formFields{paramV1Signature, paramV1Key}
	case V2Form:
		return formFields{paramSignature, paramV2Key}
	}
	return formFields{paramSignature, paramCredential}
}

// ParseForm reads the credentials of a form upload (PostObject). field returns
// the value of a form field; it is asked with names in lower case and must find
// them regardless of case. A field given twice is the caller's to refuse.
//
// The answer is nil, nil for a form that carries neither policy nor signature
// nor access key, and an *Error for one that lacks some of them.
func ParseForm(field func(name string) (value string, ok bool)) (*Claim, error) {
	name, err := recogniseForm(field)
	if err != nil || name == "" {
		return nil, err
	}
	signature, key, err := requireFields(field, fieldsOf(name))
	if err != nil {
		return nil, err
	}
	c := &Claim{Scheme: name}
	switch name {
	case V4Form:
		date, _ := field(paramDate)
		err = c.setFormV4(key, date)
		c.setHex(signature)
	default:
		if c.AccessKeyID = key; !isAccessKeyID(key) {
			err = errAccessKeyID("0002-00000708", key)
		}
		c.setBase64(signature, schemeNamed(name).newHash().Size())
	}
	if err != nil {
		return nil, err
	}
	if c.SecurityToken, _ = field(paramToken); len(c.SecurityToken) > maxTokenSize {
		return nil, TokenInvalid()
	}
	return c, nil
}

// recogniseForm tells the version as recognise does, "" for an anonymous form.
func recogniseForm(field func(string) (string, bool)) (Scheme, error) {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			_, ok := field(strings.ToLower(name))
			return ok
		})
	}
	version, ok := field(paramVersion)
	switch {
	case ok && version == algorithmV4:
		return V4Form, nil
	case ok && version == algorithmV2:
		return V2Form, nil
	case !ok && has(paramV1Key, paramV1Signature):
		return V1Form, nil
	case ok || has(paramSignature, paramCredential, paramV2Key):
		return "", invalid("0002-00000701", "The signature version of the form is not valid.", argument(paramVersion, version)...)
	case has(fieldPolicy):
		return V1Form, nil // to be told what is missing
	}
	return "", nil
}

// requireFields insists on the whole of policy, signature and access key.
func requireFields(field func(string) (string, bool), names formFields) (signature, key string, err error) {
	if _, ok := field(fieldPolicy); !ok {
		return "", "", errFieldMissing("0002-00000702", fieldPolicy)
	}
	signature, ok := field(strings.ToLower(names.signature))
	switch {
	case !ok:
		return "", "", errFieldMissing("0002-00000703", names.signature)
	case signature == "":
		return "", "", invalid("0002-00000704", "Post request signature is empty.", argument(names.signature, "")...)
	}
	key, ok = field(strings.ToLower(names.key))
	switch {
	case !ok:
		return "", "", errFieldMissing("0002-00000706", names.key)
	case key == "":
		return "", "", invalid("0002-00000707", "Post request accessKeyId is empty.", argument(names.key, "")...)
	}
	return signature, key, nil
}

func errFieldMissing(ec, name string) *Error {
	return invalid(ec, "The bucket POST must contain the specified '"+name+"'. If it is specified, please check the order of the fields",
		argument(name, "")...)
}

// setFormV4 reads credential and date. Nothing but a condition of the policy
// covers the date; the day in it is that of the signing key.
func (c *Claim) setFormV4(credential, date string) error {
	c.evidence = Field{paramCredential, credential}
	if err := c.setCredentialV4(credential, ecV4{"0002-00000708", "0002-00000709", "0002-00000710"}); err != nil {
		return err
	}
	signedAt, ok := parseDate(date)
	if !ok || len(date) != len(isoBasic) || !sameDay(c.day, signedAt) {
		return invalid("0002-00000709", "x-oss-date must be a time of the day in x-oss-credential.", argument(paramDate, date)...)
	}
	c.date, c.SignedAt, c.Expires = date, signedAt, signedAt.Add(maxLifetime*time.Second)
	return nil
}

// VerifyForm proves the claim of a form: that whoever wrote its policy knows the
// secret. policy is the text of the field exactly as it was sent. keys may be
// nil. The error is an *Error. All other fields are proved only as far as the
// policy has conditions for them.
func (c *Claim) VerifyForm(policy, secret string, keys *KeyCache) error {
	if rules := schemeNamed(c.Scheme); rules == nil || rules.carrier != inForm {
		panic(fmt.Sprintf("signature: VerifyForm of a claim by %s", c.Scheme))
	}
	key := keys.signingKey(c, secret)
	var room [sha256.Size]byte
	sum := key.sum(room[:0], []byte(policy))
	if c.macSize == 0 || !hmac.Equal(sum, c.mac[:c.macSize]) {
		if len(policy) > maxEcho {
			policy = policy[:maxEcho]
		}
		return c.errNoMatch([]byte(policy))
	}
	keys.proved(key)
	return nil
}

// maxEcho bounds how much of a policy an error repeats, four bytes for each:
// a form field may be as large as 2 MiB.
const maxEcho = 64 << 10

// PrepareForm returns the fields, besides policy and signature, with which a
// form is going to be signed. A policy should have a condition for each: forms
// of V4 are documented to.
func PrepareForm(scheme Scheme, cred Credentials, region string, now time.Time) ([]Field, error) {
	c, err := newFormClaim(scheme, cred, region, now)
	if err != nil {
		return nil, err
	}
	return c.formFields(), nil
}

// SignForm returns the fields that sign a form: policy, which must be the base64
// of the policy document, its signature, and those of PrepareForm for the same
// time. region matters to V4 only.
func SignForm(scheme Scheme, policy string, cred Credentials, region string, now time.Time) ([]Field, error) {
	c, err := newFormClaim(scheme, cred, region, now)
	if err != nil {
		return nil, err
	}
	rules := schemeNamed(scheme)
	key := newMACKey(rules.newHash, rules.deriveKey(c, cred.Secret))
	return append(c.formFields(),
		Field{fieldPolicy, policy},
		Field{fieldsOf(scheme).signature, rules.encode(key.sum(nil, []byte(policy)))}), nil
}

func newFormClaim(scheme Scheme, cred Credentials, region string, now time.Time) (*Claim, error) {
	if s := schemeNamed(scheme); s == nil || s.carrier != inForm {
		return nil, fmt.Errorf("signature: %q does not sign a form", scheme)
	}
	if !isAccessKeyID(cred.AccessKeyID) {
		return nil, errors.New("signature: the access key ID is empty or has characters that are not allowed")
	}
	c := &Claim{Scheme: scheme, AccessKeyID: cred.AccessKeyID, SecurityToken: cred.SecurityToken}
	if scheme == V4Form {
		return c, c.setScopeV4(region, now)
	}
	return c, nil
}

func (c *Claim) formFields() []Field {
	var fields []Field
	switch c.Scheme {
	case V1Form:
		fields = []Field{{paramV1Key, c.AccessKeyID}}
	case V2Form:
		fields = []Field{{paramVersion, algorithmV2}, {paramV2Key, c.AccessKeyID}}
	case V4Form:
		fields = []Field{{paramVersion, algorithmV4}, {paramCredential, c.credentialV4()}, {paramDate, c.date}}
	}
	if c.SecurityToken != "" {
		fields = append(fields, Field{paramToken, c.SecurityToken})
	}
	return fields
}
