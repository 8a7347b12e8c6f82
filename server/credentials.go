package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"ossd/internal/durable"
)

// RootKey is the access key of the first account, as far as this start knows it.
type RootKey struct {
	AccessKeyID, Secret string
	Created             bool // by this start: it must be shown, since nothing will show it again
}

// The variables of the credentials file, as the official tools name them.
const (
	accountVariable  = "ALIBABA_CLOUD_ACCOUNT_ID"
	keyVariable      = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	secretVariable   = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
	endpointVariable = "OSS_ENDPOINT"
	regionVariable   = "OSS_REGION"
)

// keepCredentials keeps the key that the first start made where the client
// subcommands and a shell (set -a; . FILE) find it, with the address and region
// of this start. A key that was given rather than made is not written anywhere
// new: whoever gave it has it. It sets CredentialsFile if there is one.
func (s *Server) keepCredentials() error {
	if s.Data == "" {
		return nil
	}
	file := s.path("credentials")
	old, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.Root.Created:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	s.CredentialsFile = file
	kept := readVariables(old)
	if s.Root.Created || s.Root.Secret != "" && s.Root.AccessKeyID == kept[keyVariable] {
		kept[keyVariable], kept[secretVariable] = s.Root.AccessKeyID, s.Root.Secret
		kept[accountVariable] = s.Account.ID
	}
	kept[endpointVariable], kept[regionVariable] = s.Address, s.Region
	if s.Region == "*" { // clients must name one
		kept[regionVariable] = defaultRegion
	}
	var text bytes.Buffer
	text.WriteString("# The account's own access key, made on the first start of ossd. Whoever reads this may do everything.\n")
	for _, name := range []string{accountVariable, keyVariable, secretVariable, endpointVariable, regionVariable} {
		fmt.Fprintf(&text, "%s=%s\n", name, kept[name])
	}
	if bytes.Equal(old, text.Bytes()) {
		return nil
	}
	return durable.WriteFile(file, text.Bytes(), 0o600)
}

// readVariables reads NAME=VALUE lines.
func readVariables(text []byte) map[string]string {
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok && !strings.HasPrefix(name, "#") {
			values[name] = value
		}
	}
	return values
}
