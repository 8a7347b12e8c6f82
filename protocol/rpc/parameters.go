package rpc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Bounds of a request. The largest parameter that any action takes is a policy
// document of 6144 characters, nine bytes each at worst when percent-encoded.
const (
	maxBody       = 1 << 20
	maxParameters = 1000
)

// readParameters merges query and form body. Clients put a parameter in either,
// but never in both; a name with two values is refused rather than guessed at,
// since a proxy in front might have read the other one.
func readParameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, errMethod
	}
	if strings.HasPrefix(r.Header.Get("Authorization"), "ACS3-") {
		return nil, errSignatureMethod
	}
	merged := url.Values{}
	if err := merge(merged, r.URL.RawQuery); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errBodySize
	}
	if err != nil {
		return nil, errBody
	}
	if len(body) == 0 {
		return merged, nil // SDKs post without a content type
	}
	if !isForm(r) {
		return nil, errContentType
	}
	if err := merge(merged, string(body)); err != nil {
		return nil, err
	}
	return merged, nil
}

func merge(into url.Values, encoded string) error {
	if len(into)+strings.Count(encoded, "&") >= maxParameters {
		return invalid("InvalidParameter", "The request has too many parameters.")
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return invalid("InvalidParameter", "The parameters are not well-formed URL encoding.")
	}
	for name, list := range values {
		if have, ok := into[name]; ok {
			list = append(list, have[0])
		}
		for _, v := range list[1:] {
			if v != list[0] {
				return invalid("InvalidParameter", fmt.Sprintf("The parameter %.64q is given twice, with different values.", name))
			}
		}
		into[name] = list[:1]
	}
	return nil
}
