package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ossd/protocol/signature"
)

// client is what the client subcommands know of the server: the environment
// variables that the official tools read, else the file that the server wrote
// on its first start, else a flag.
type client struct {
	endpoint string
	region   string
	ca       string
	output   string // of `ossd ram`: json or table
	cred     signature.Credentials
	http     *http.Client
}

// flags adds the flags that say where the server is.
func (c *client) flags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&c.endpoint, "endpoint", "", "server (default: $OSS_ENDPOINT, else the one in the data directory's credentials)")
	cmd.PersistentFlags().StringVar(&c.region, "region", "", "region (default: $OSS_REGION, else cn-hangzhou)")
	cmd.PersistentFlags().StringVar(&c.ca, "ca", "", "certificate authority to trust for https (default: the data directory's)")
}

// open completes the client from its surroundings.
func (c *client) open() error {
	data := env("OSSD_DATA", defaultData)
	var file map[string]string
	if os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID") == "" || os.Getenv("OSSD_DATA") != "" {
		// Whoever brings a key does not want it used with the server that
		// happens to have a directory here.
		file = readCredentials(filepath.Join(data, "credentials"))
	}
	setting := func(name, otherwise string) string {
		for _, v := range []string{os.Getenv(name), file[name]} {
			if v != "" {
				return v
			}
		}
		return otherwise
	}
	if c.endpoint == "" {
		c.endpoint = setting("OSS_ENDPOINT", "http://127.0.0.1:8280")
	}
	if !strings.Contains(c.endpoint, "://") {
		c.endpoint = "http://" + c.endpoint
	}
	if c.region == "" {
		c.region = setting("OSS_REGION", "cn-hangzhou")
	}
	// The key comes from one place as a whole: an id of the environment must not meet a secret of the file.
	c.cred = signature.Credentials{
		AccessKeyID: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), Secret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
		SecurityToken: os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"),
	}
	if c.cred.AccessKeyID == "" {
		c.cred = signature.Credentials{AccessKeyID: file["ALIBABA_CLOUD_ACCESS_KEY_ID"], Secret: file["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]}
	}
	if c.cred.AccessKeyID == "" || c.cred.Secret == "" {
		return fmt.Errorf("no access key: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run beside a data directory (%s)", data)
	}
	if file == nil {
		return c.openHTTP("")
	}
	return c.openHTTP(filepath.Join(data, "tls", "ca.pem"))
}

func (c *client) openHTTP(ownCA string) error {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if c.ca != "" {
		pem, err := os.ReadFile(c.ca)
		if err != nil {
			return err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--ca %s holds no certificate", c.ca)
		}
	} else if pem, err := os.ReadFile(ownCA); err == nil {
		roots.AppendCertsFromPEM(pem)
	}
	c.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Proxy: http.ProxyFromEnvironment}}
	return nil
}

// readCredentials reads NAME=VALUE lines; a missing file has none.
func readCredentials(file string) map[string]string {
	values := map[string]string{}
	f, err := os.Open(file)
	if err != nil {
		return values
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok && !strings.HasPrefix(name, "#") {
			values[name] = value
		}
	}
	return values
}

// api is one of the services in RPC style.
type api struct{ product, version string }

var (
	stsAPI = api{"Sts", "2015-04-01"}
	ramAPI = api{"Ram", "2015-05-01"}
	imsAPI = api{"Ims", "2019-08-15"}
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// call signs and sends an action and returns its answer as JSON.
func (c *client) call(ctx context.Context, service api, action string, params url.Values) (json.RawMessage, error) {
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	params.Set("Action", action)
	params.Set("Version", service.version)
	params.Set("Format", "JSON")
	signature.SignRPC(http.MethodPost, params, c.cred, time.Now(), hex.EncodeToString(nonce))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/", strings.NewReader(params.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", action, err, hint(err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return answer, nil
	}
	var refusal struct{ Code, Message, RequestId string }
	if json.Unmarshal(answer, &refusal) != nil || refusal.Code == "" {
		return nil, fmt.Errorf("%s: %s is no STS or RAM service (it answered %s)", action, c.endpoint, resp.Status)
	}
	// A string to sign repeats all parameters, a token among them.
	message, _, _ := strings.Cut(refusal.Message, "server string to sign is:")
	return nil, fmt.Errorf("%s: %s: %s (request %s)", action, printable(refusal.Code), printable(message), printable(refusal.RequestId))
}

// hint says what may help against a connection that was not made.
func hint(err error) string {
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		return "; name the server's authority by --ca DIR/tls/ca.pem"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; is `ossd serve` running there? (--endpoint)"
	}
	return ""
}

// parseOSS splits oss://bucket/key.
func parseOSS(text string) (signature.Resource, error) {
	rest, ok := strings.CutPrefix(text, "oss://")
	if !ok || rest == "" {
		return signature.Resource{}, errors.New("name what to sign as oss://BUCKET or oss://BUCKET/KEY")
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return signature.Resource{Bucket: bucket, Key: key}, nil
}
