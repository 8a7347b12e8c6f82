package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"ossd/protocol/signature/diagnose"
)

// print writes the explanation for people, the verdict first.
func (e *explanation) print(out io.Writer, now time.Time) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-12s%s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	if e.Report != nil {
		line("verdict", "%s", e.verdict())
		e.printRequest(line, now)
		e.printPermission(line)
		printCauses(line, e.Causes)
		if e.Signature == "wrong" {
			if len(e.Causes) == 0 {
				line("cause", "none of the known mistakes makes this signature: compare what must be signed, below, with what the client signed; a header or parameter may be missing or changed, or the secret another one")
			}
			printText(line, "must sign", e.StringToSign)
			printText(line, "over", e.CanonicalRequest)
		}
	}
	if e.Error != nil {
		e.Error.print(line)
	}
}

func (e *explanation) verdict() string {
	switch r := e.Report; {
	case r.Refusal != nil && r.Refusal.EC != "":
		return fmt.Sprintf("refused with %s (%s): %s", r.Refusal.Code, r.Refusal.EC, r.Refusal.Message)
	case r.Refusal != nil:
		return fmt.Sprintf("refused with %s: %s", r.Refusal.Code, r.Refusal.Message)
	case r.Decision == "allow":
		return "works"
	case r.Signature == "valid":
		return "the signature is valid; whether its signer is allowed to was not asked (--server asks)"
	}
	return "nothing is wrong with it, as far as can be told without the secret"
}

// printer writes one line: a name and what it says.
type printer func(name, format string, args ...any)

func (e *explanation) printRequest(line printer, now time.Time) {
	r := e.Report
	if r.Scheme != "" {
		line("scheme", "%s", describeScheme(r.Scheme))
	}
	if r.AccessKeyID != "" {
		signer := ""
		if r.Signer != "" {
			signer = ", " + r.Signer
		}
		line("signed by", "%s%s", r.AccessKeyID, signer)
	}
	if r.AccessKeyID != "" {
		verdict := r.Signature
		if verdict == "unchecked" {
			verdict = "not checked: the secret is not known here"
		}
		line("signature", "%s", verdict)
	}
	what := r.Method + " " + describeResource(r.Bucket, r.Key)
	if r.Operation != "" {
		what += ", " + r.Operation
	}
	if r.Signature == "wrong" {
		line("asks for", "%s", what)
	} else {
		line("grants", "%s", what)
	}
	for _, p := range r.Parameters {
		line("  parameter", "%s", strings.TrimSuffix(p.Name+"="+p.Value, "="))
	}
	for _, h := range r.Headers {
		line("  header", "%s: %s", h.Name, h.Value)
	}
	if !r.SignedAt.IsZero() {
		line("signed at", "%s", describeTime(r.SignedAt, now))
	}
	if !r.Ends.IsZero() {
		line("until", "%s%s", describeTime(r.Ends, now), describeEnd(r, now))
	}
}

func describeEnd(r *diagnose.Report, now time.Time) string {
	switch {
	case r.EndsWith == "token" && !r.Expires.IsZero():
		return fmt.Sprintf(": the security token ends before the URL, which would last until %s", describeTime(r.Expires, now))
	case r.EndsWith == "token":
		return ": the end of the security token"
	case !r.TokenExpires.IsZero():
		return fmt.Sprintf(": the URL ends before the security token, which lasts until %s", describeTime(r.TokenExpires, now))
	}
	return ": the end of the URL"
}

func (e *explanation) printPermission(line printer) {
	switch r := e.Report; {
	case r.Decision != "":
		line("allowed", "%s: %s", map[string]string{"allow": "yes", "deny": "no"}[r.Decision], r.Reason)
		if r.Object != "" {
			line("object", "%s", map[string]string{"exists": "exists", "missing": "does not exist"}[r.Object])
		}
	case e.local:
		line("allowed", "not known here; ask the server with --server")
	}
}

func (e *explainedError) print(line printer) {
	line("error", "%s: %s", strings.TrimSpace(e.Code+" "+e.EC), e.Message)
	switch {
	case e.Computed != "" || e.Wanted != "":
		line("differs", "something changed the request between you and the server: it saw another one than this")
		line("  server", "%s", orNothing(e.Computed))
		line("  request", "%s", orNothing(e.Wanted))
	case e.Compared:
		line("same", "the server computed what this request must sign: the request arrived as it is here")
	}
	printCauses(line, e.Causes)
}

func printCauses(line printer, causes []diagnose.Cause) {
	for _, c := range causes {
		line("cause", "%s [%s]", c.Sentence, c.ID)
		if c.Expected != c.Signed {
			line("  expected", "%s", orNothing(c.Expected))
			line("  signed", "%s", orNothing(c.Signed))
		}
	}
}

func orNothing(text string) string {
	if text == "" {
		return "(no such line)"
	}
	return text
}

// printText writes lines below one another.
func printText(line printer, name, text string) {
	if text == "" {
		return
	}
	for part := range strings.SplitSeq(text, "\n") {
		line(name, "| %s", part)
		name = ""
	}
}

func describeScheme(scheme string) string {
	if version, place, ok := strings.Cut(scheme, "-"); ok {
		return strings.ToUpper(version) + map[string]string{"header": ", in the Authorization header", "url": ", in the URL"}[place]
	}
	return scheme
}

func describeResource(bucket, key string) string {
	switch {
	case bucket == "":
		return "the service"
	case key == "":
		return "oss://" + bucket
	}
	return fmt.Sprintf("oss://%s/%s", bucket, key)
}

// describeTime says when, and how far from now.
func describeTime(t, now time.Time) string {
	text := t.UTC().Format(time.RFC3339)
	switch d := t.Sub(now).Round(time.Second); {
	case d > 0:
		return text + " (in " + d.String() + ")"
	case d < 0:
		return text + " (" + d.Abs().String() + " ago)"
	}
	return text + " (now)"
}

// printable spells what a terminal would obey: what is explained may come from anybody.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}
