package rpc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"ossd/protocol/signature"
)

// Bounds of a request. The largest parameter that any action takes is a policy
// document of 6144 characters, nine bytes each at worst when percent-encoded.
const (
	maxBody       = 256 << 10
	maxParameters = 1000
)

// input is what a request says, as far as that can be told without its action.
type input struct {
	scheme signature.Scheme
	params url.Values // of query and form; in ACS3 also Action and Version
	body   []byte
}

// readInput merges query and form body. Clients put a parameter in either, but
// never in both; a name with two values is refused rather than guessed at, since
// a proxy in front might have read the other one.
func readInput(w http.ResponseWriter, r *http.Request) (*input, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, errMethod
	}
	in := &input{scheme: signature.RPCV1, params: url.Values{}}
	if name, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.HasPrefix(name, "ACS3-") {
		if name != "ACS3-HMAC-SHA256" {
			return nil, errSignatureMethod
		}
		in.scheme = signature.ACS3
	}
	if err := in.merge(r.URL.RawQuery); err != nil {
		return nil, err
	}
	var err error
	if in.body, err = readBody(w, r); err != nil {
		return nil, err
	}
	if err := in.merge(string(in.body)); err != nil {
		return nil, err
	}
	// SDKs of the third version name the action in headers also where they sign nothing.
	if in.scheme == signature.ACS3 || !in.signed() && !in.params.Has("Action") {
		return in, in.mergeHeaders(r.Header)
	}
	return in, nil
}

// readBody reads a form, or nothing: SDKs post without a content type.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errBodySize
	}
	if err != nil {
		return nil, errBody
	}
	if len(body) > 0 && !isForm(r) {
		return nil, errContentType
	}
	return body, nil
}

// format is how the client wants its answer: always in JSON if it uses ACS3.
func (in *input) format() (format, error) {
	if in.scheme == signature.ACS3 {
		return formatJSON, nil
	}
	return parseFormat(in.params.Get("Format"))
}

// signed tells whether the request says that somebody signed it. Whatever hints
// at it does: a signature that was cut off must not make a request anonymous.
func (in *input) signed() bool {
	return in.scheme == signature.ACS3 || in.params.Has("AccessKeyId") || in.params.Has("Signature") || in.params.Has("SecurityToken")
}

// claim reads who says to have signed the request.
func (in *input) claim(r *http.Request) (*signature.RPCClaim, error) {
	if in.scheme == signature.RPCV1 {
		return signature.ParseRPC(r.Method, in.params)
	}
	signed, err := signature.NewRequest(r.Method, r.Host, r.RequestURI, r.Header)
	if err != nil {
		return nil, errEncoding
	}
	return signature.ParseACS3(signed, in.body)
}

// mergeHeaders lets the headers of ACS3 say what Action and Version say in V1.
// SDKs that sign in V1 send the same headers, but there nothing signs them.
func (in *input) mergeHeaders(h http.Header) error {
	for _, name := range []string{"Action", "Version"} {
		if list := h["X-Acs-"+name]; len(list) > 0 {
			if err := in.add(name, list); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *input) merge(encoded string) error {
	if encoded == "" {
		return nil
	}
	if len(in.params)+strings.Count(encoded, "&") >= maxParameters {
		return invalid("InvalidParameter", "The request has too many parameters.")
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return errEncoding
	}
	for name, list := range values {
		if err := in.add(name, list); err != nil {
			return err
		}
	}
	return nil
}

// add takes values for a parameter, which must be equal to each other and to
// the value that it has already.
func (in *input) add(name string, list []string) error {
	want := list[0]
	if have, ok := in.params[name]; ok {
		want = have[0]
	}
	for _, v := range list {
		if v != want {
			return invalid("InvalidParameter", fmt.Sprintf("The parameter %.64q is given twice, with different values.", name))
		}
	}
	in.params[name] = list[:1]
	return nil
}
