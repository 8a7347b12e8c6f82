package oss

import (
	"errors"
	"net/http"
	"slices"

	"ossd/access"
	"ossd/internal/forwarded"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// serve takes one request through all that every operation shares.
func (c *call) serve() error {
	candidates, err := c.locate()
	if err != nil {
		return err
	}
	if c.r.Method == http.MethodOptions {
		return errPreflight // never signed, and no bucket has CORS rules
	}
	if c.isForm() { // its fields say what others say in address and headers
		if err := c.readForm(); err != nil {
			return err
		}
	}
	if err := c.authenticate(candidates); err != nil {
		return err
	}
	if err := c.checkFormPolicy(); err != nil {
		return err
	}
	if err := c.matchOperation(); err != nil {
		return err
	}
	if err := c.find(); err != nil {
		return err
	}
	// Permission comes before the parameters are looked at: whoever is not
	// allowed learns nothing from how they are refused.
	if err := c.authorize(); err != nil {
		return err
	}
	return c.operation.run(c)
}

// locate parses the request's address. It returns what the request may be
// about, the likeliest first: some clients name the bucket twice, and then
// what they signed decides.
func (c *call) locate() ([]signature.Resource, error) {
	request, err := signature.NewRequest(c.r.Method, c.r.Host, c.r.RequestURI, c.r.Header)
	if err != nil {
		return nil, err
	}
	request.Peer = forwarded.Client(c.r)
	c.signed = request
	candidates, err := c.Domains.Resolve(request)
	if err != nil {
		return nil, err
	}
	c.resource = candidates[0]
	return candidates, nil
}

// authenticate proves who signed the request and which resource was signed.
// Anonymous requests pass with no credential; a wrong one never becomes anonymous.
func (c *call) authenticate(candidates []signature.Resource) error {
	claim, err := c.parseClaim()
	if err != nil || claim == nil {
		return err
	}
	c.claim = claim
	if err := c.accepts(claim, candidates[0]); err != nil {
		return err
	}
	if err := claim.CheckScope(c.Region); err != nil {
		return err
	}
	now := c.Now()
	if err := claim.CheckTime(now); err != nil {
		return err
	}
	credential, err := c.Directory.Credential(c.r.Context(), claim.AccessKeyID, claim.SecurityToken)
	if errors.Is(err, access.ErrKeyNotFound) {
		return c.unknownKey()
	}
	if err != nil {
		return c.credentialError(err)
	}
	if err := c.verify(credential.Secret, candidates); err != nil {
		return err
	}
	c.Directory.Used(credential, now)
	if err := c.accepts(claim, c.resource); err != nil { // what was signed may be another candidate
		return err
	}
	c.credential = credential
	return nil
}

// unknownKey refuses a key that nobody has. A read of a bucket that does not exist
// is told that first, as it is without any key (SDK suite Go v2 TestClientExtension).
func (c *call) unknownKey() error {
	refusal := c.credentialError(access.ErrKeyNotFound)
	bucket := c.resource.Bucket
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead || !objectstore.ValidBucketName(bucket) {
		return refusal
	}
	_, err := c.Store.Find(c.r.Context(), bucket, "", "")
	if errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}) {
		return err
	}
	return refusal
}

// accepts tells whether a scheme is served for a resource at all.
func (h *Handler) accepts(claim *signature.Claim, r signature.Resource) error {
	switch {
	case len(h.Signatures) > 0 && !slices.Contains(h.Signatures, claim.Scheme.Version()):
		return signature.SwitchedOff(claim)
	case claim.Scheme == signature.V1URL && targetOf(r) != Object:
		// V1 leaves most parameters of listings unsigned: the holder of a URL for
		// one prefix could list everything.
		return errBucketByURL
	}
	return nil
}

func (c *call) parseClaim() (*signature.Claim, error) {
	if c.form != nil {
		return signature.ParseForm(c.form.fields.value)
	}
	return signature.Parse(c.signed)
}

// verify proves the claim. From then on the resource that was signed is the one
// that the request is about; a form names its own, and the policy decides on it.
func (c *call) verify(secret string, candidates []signature.Resource) error {
	if c.form != nil {
		return c.claim.VerifyForm(c.form.fields["policy"], secret, c.Keys)
	}
	signed, err := c.claim.Verify(c.signed, secret, candidates, c.Keys)
	if err == nil {
		c.resource = signed
	}
	return err
}

// matchOperation finds what is asked for, and refuses what would otherwise be
// ignored although the client counts on it.
func (c *call) matchOperation() error {
	if b := c.resource.Bucket; b != "" && !objectstore.ValidBucketName(b) {
		return &objectstore.Error{Kind: objectstore.InvalidBucketName, Bucket: b}
	}
	if name, ok := c.signed.Query.Repeated(); ok {
		return invalidArgument(name, c.signed.Query.Get(name), "The parameter is given more than once.")
	}
	if name, ok := c.signed.RepeatedHeader(); ok {
		return invalidArgument(name, c.r.Header.Get(name), "The header is given more than once.")
	}
	c.operation = served.match(c.r.Method, targetOf(c.resource), c.form != nil, c.signed.Query, c.r.Header)
	return c.refuseUnserved()
}

// find looks the bucket up, and the object if there is a key. That a bucket
// does not exist is told before permission is asked, as the service does; that
// an object does not exist is not.
func (c *call) find() (err error) {
	if c.operation.On == Service {
		return nil
	}
	if c.operation.Creates {
		return c.findOwn()
	}
	c.found, err = c.Store.Find(c.r.Context(), c.resource.Bucket, c.resource.Key, c.version())
	return err
}

// findOwn looks up the caller's own bucket, whose policy decides on its being
// made again. Of a bucket that is another account's nothing is looked at: its
// name is taken, and nobody learns so who may not make buckets.
func (c *call) findOwn() error {
	c.found = objectstore.Found{}
	found, err := c.Store.Find(c.r.Context(), c.resource.Bucket, "", "")
	switch {
	case errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}):
		return nil
	case err != nil:
		return err
	}
	if c.credential != nil && found.Bucket.Owner == c.credential.Principal.AccountID {
		c.found = found
	}
	return nil
}
