package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/protocol/signature"
	"ossd/protocol/signature/diagnose"
)

var ossdAPI = api{"Ossd", "2026-11-24"}

// explainOptions are the flags of explain.
type explainOptions struct {
	client
	method, request, refusal string
	headers, domains         []string
	server                   bool
	sourceIP, output         string
}

func newExplain() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [URL]",
		Short: "Tell why a signed URL or request works or does not",
		Long: `Tell who signed a URL or request, what it grants and until when, whether it would
be allowed now and by which statement of which policy, and if its signature is
wrong, which mistake made it so, with the line that differs.

If the access key at hand is the one that signed, nothing is asked of anybody.
Otherwise, or with --server, the server answers, which knows the policies too; it
tells of keys of your own account, and wants ossd:ExplainRequest of RAM users.

--request takes the saved head of an HTTP request, or what "curl -v" printed.
--error takes the error body that OSS answered: what the server computed is
compared with what had to be signed. Either can be - for standard input.`,
		Example: `  ossd explain 'http://127.0.0.1:8280/photos/cat.jpg?x-oss-signature=…'
  ossd explain -X PUT -H 'Content-Type: image/jpeg' "$URL"
  ossd explain --request request.txt --error answer.xml
  curl -sv "$URL" 2>&1 >/dev/null | ossd explain --server --request -
  ossd explain --error answer.xml --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.output != "text" && o.output != "json" {
				return fmt.Errorf("unknown output %q: use text or json", o.output)
			}
			if err := o.open(); err != nil {
				return err
			}
			e, err := o.explain(cmd.Context(), cmd.InOrStdin(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			if o.output == "json" {
				text, err := json.Marshal(e)
				if err != nil {
					return err
				}
				return printJSON(cmd.OutOrStdout(), text)
			}
			e.print(cmd.OutOrStdout(), time.Now())
			return nil
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.method, "method", "X", http.MethodGet, "HTTP method that the URL is used with")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "header 'Name: value' that is sent with the URL (repeatable)")
	f.StringVar(&o.request, "request", "", "file with the saved head of a request, instead of a URL")
	f.StringVar(&o.refusal, "error", "", "file with the error body that was answered")
	f.BoolVar(&o.server, "server", false, "ask the server, even if the key at hand is the signer's")
	f.StringSliceVar(&o.domains, "domain", nil, "further service domains, for bucket.domain addresses")
	f.StringVar(&o.sourceIP, "source-ip", "", "with --server: address that the request comes from (default: yours)")
	f.StringVarP(&o.output, "output", "o", "text", "text or json")
	return cmd
}

// explanation is what is printed. Report is nil for an error body alone.
type explanation struct {
	*diagnose.Report
	Error *explainedError `json:",omitempty"`

	local bool // the server was not asked
}

// explainedError is what an error body tells.
type explainedError struct {
	Code, Message, EC string
	Computed          string `json:",omitempty"` // first line of the server's form that differs …
	Wanted            string `json:",omitempty"` // … from this one, which the request must sign
	Compared          bool
	Causes            []diagnose.Cause
}

func (o *explainOptions) explain(ctx context.Context, stdin io.Reader, address string) (*explanation, error) {
	r, err := o.read(stdin, address)
	if err != nil {
		return nil, err
	}
	var refusal *diagnose.Refusal
	if o.refusal != "" {
		text, err := readFile(o.refusal, stdin)
		if err != nil {
			return nil, err
		}
		if refusal, err = diagnose.ParseRefusal(text); err != nil {
			return nil, err
		}
	}
	in := diagnose.Input{Now: time.Now(), Region: o.region, Secrets: o.secrets(), Domains: &signature.Domains{}}
	e := new(explanation)
	var d *diagnose.Diagnosis
	if r != nil {
		if d, err = o.diagnose(&in, r.Request); err != nil {
			return nil, err
		}
		e.local = !o.server && (d.Checked || d.AccessKeyID == "" && d.Problem != nil)
		if e.Report = d.Report(); !e.local {
			if e.Report, err = o.ask(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	if refusal != nil {
		e.Error = explainRefusal(refusal, in, d)
	}
	return e, nil
}

// asked is a request with the parameters that describe it to the server.
type asked struct {
	*http.Request
	params url.Values
}

// read reads what is to be explained, nil for an error body alone.
func (o *explainOptions) read(stdin io.Reader, address string) (*asked, error) {
	switch {
	case address != "" && o.request != "":
		return nil, errors.New("give a URL or --request, not both")
	case address != "":
		headers := strings.Join(o.headers, "\r\n")
		r, err := diagnose.NewRequest(strings.ToUpper(o.method), address, headers)
		return &asked{r, url.Values{"Method": {strings.ToUpper(o.method)}, "Url": {address}, "Header": {headers}}}, err
	case o.request != "":
		text, err := readFile(o.request, stdin)
		if err != nil {
			return nil, err
		}
		r, err := diagnose.ReadRequest(text)
		return &asked{r, url.Values{"Request": {string(text)}, "Secure": {fmt.Sprint(strings.HasPrefix(o.endpoint, "https:"))}}}, err
	case o.refusal == "":
		return nil, errors.New("say what to explain: a URL, --request FILE or --error FILE")
	}
	return nil, nil
}

// maxSaved bounds a file that is read, in bytes.
const maxSaved = 512 << 10

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	return io.ReadAll(io.LimitReader(stdin, maxSaved))
}

// secrets are the access keys at hand: the one in use, and that of the data directory.
func (o *explainOptions) secrets() []diagnose.Secret {
	list := []diagnose.Secret{{AccessKeyID: o.cred.AccessKeyID, Secret: o.cred.Secret}}
	file := readCredentials(filepath.Join(env("OSSD_DATA", defaultData), "credentials"))
	if id := file["ALIBABA_CLOUD_ACCESS_KEY_ID"]; id != "" && id != o.cred.AccessKeyID {
		list = append(list, diagnose.Secret{AccessKeyID: id, Secret: file["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]})
	}
	return list
}

// cloudHost is a host of the public service, which tells its region.
var cloudHost = regexp.MustCompile(`(?:^|\.)(oss-([a-z]+-[a-z]+(?:-[0-9]+)?)(?:-internal)?\.aliyuncs\.com)$`)

// diagnose is what can be said without the server.
func (o *explainOptions) diagnose(in *diagnose.Input, r *http.Request) (*diagnose.Diagnosis, error) {
	signed, err := signature.NewRequest(r.Method, r.Host, r.RequestURI, r.Header)
	if err != nil {
		return nil, err
	}
	in.Request = signed
	in.Domains.Service = append([]string{"oss-" + o.region + ".aliyuncs.com"}, o.domains...)
	if base, err := url.Parse(o.endpoint); err == nil && !pathStyle(base.Hostname()) {
		in.Domains.Service = append(in.Domains.Service, strings.ToLower(base.Hostname()))
	}
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	if m := cloudHost.FindStringSubmatch(host); m != nil {
		in.Domains.Service, in.Region = append(in.Domains.Service, m[1]), m[2]
	}
	d := diagnose.Diagnose(*in)
	if ends := tokenExpiration(o.cred); d.AccessKeyID == o.cred.AccessKeyID && d.HasToken && !ends.IsZero() {
		in.TokenExpires = ends
		d = diagnose.Diagnose(*in)
	}
	return d, nil
}

// ask has the server explain the request.
func (o *explainOptions) ask(ctx context.Context, r *asked) (*diagnose.Report, error) {
	if o.sourceIP != "" {
		r.params.Set("SourceIp", o.sourceIP)
	}
	answer, err := o.call(ctx, ossdAPI, "ExplainRequest", r.params)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	report := new(diagnose.Report)
	return report, json.Unmarshal(answer, report)
}

// explainRefusal compares what the server computed with what had to be signed. d is
// nil if the request is not known.
func explainRefusal(refusal *diagnose.Refusal, in diagnose.Input, d *diagnose.Diagnosis) *explainedError {
	e := &explainedError{Code: refusal.Code, Message: refusal.Message, EC: refusal.EC}
	if d != nil && refusal.StringToSign != "" && d.StringToSign != "" {
		e.Compared = true
		e.Computed, e.Wanted = refusal.Compare(d)
	}
	if d == nil || len(d.Causes) == 0 {
		e.Causes, _ = refusal.Diagnose(in)
	}
	return e
}
