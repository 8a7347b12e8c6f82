package access

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
)

// Session policies travel in every request and inside signed URLs, so they are
// written without white space and deflated against text that most of them share.

// sessionPolicyWords is the dictionary of fieldDeflatedPolicy. It must never
// change while tokens that were made with it are good; another one needs
// another field. What is most frequent stands last, where it is cheapest.
const sessionPolicyWords = `acs:ram::role/sts:AssumeRole"NotAction":"DateLessThan":{"acs:CurrentTime":"` +
	`"IpAddress":{"acs:SourceIp":["Bool":{"acs:SecureTransport":"true"` +
	`"StringEquals":{"StringLike":{"oss:Delimiter":"/"oss:Prefix":["` +
	`"oss:AbortMultipartUpload","oss:ListParts","oss:ListMultipartUploads","oss:ListBuckets",` +
	`"oss:GetObjectAcl","oss:PutObjectAcl","oss:DeleteObject","oss:GetObjectMeta","oss:List*","oss:Get*","oss:*"` +
	`{"Statement":[{"Effect":"Deny","Resource":"*"}],"Version":"1"}` +
	`,"Condition":{"Action":["oss:ListObjects","oss:GetBucketInfo"],"Resource":["*"]},` +
	`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:*:*/*"]}]}`

// maxSessionPolicy is the longest session policy, in characters.
const maxSessionPolicy = 2048

// maxSessionPolicyBytes bounds what a token may inflate to.
const maxSessionPolicyBytes = 4 * maxSessionPolicy

var errSessionPolicy = errors.New("access: session policy of a token cannot be read")

// compactPolicy removes the white space between the words of a document.
func compactPolicy(text string) string {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) != nil {
		return text // the policy parser accepted it: keep its words as they are
	}
	return compact.String()
}

var policyDeflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriterDict(nil, flate.BestCompression, []byte(sessionPolicyWords))
	if err != nil {
		panic(err) // only an unknown level does that
	}
	return w
}}

func deflatePolicy(text string) []byte {
	w := policyDeflaters.Get().(*flate.Writer)
	defer policyDeflaters.Put(w)
	var small bytes.Buffer
	w.Reset(&small)
	// A bytes.Buffer does not fail.
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return small.Bytes()
}

var policyInflaters = sync.Pool{New: func() any { return flate.NewReader(strings.NewReader("")) }}

func inflatePolicy(small []byte) (string, error) {
	r := policyInflaters.Get().(io.ReadCloser)
	defer policyInflaters.Put(r)
	rest := bytes.NewReader(small)
	if err := r.(flate.Resetter).Reset(rest, []byte(sessionPolicyWords)); err != nil {
		return "", err
	}
	var text bytes.Buffer // io.Copy would take a buffer of the limit's size
	n, err := text.ReadFrom(io.LimitReader(r, maxSessionPolicyBytes+1))
	if err != nil || n > maxSessionPolicyBytes || rest.Len() > 0 {
		return "", errSessionPolicy
	}
	return text.String(), nil
}
