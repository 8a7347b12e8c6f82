package rpctest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/protocol/rpc"
	"ossd/protocol/signature"
)

var update = flag.Bool("update", false, "rewrite golden files and the responses in transcripts")

// Transcript replays a file of requests and compares the responses. A request is
//
//	-- request 1 --
//	WHO ACTION
//	Name: value
//
// where WHO is root, a user for whom an earlier request made an access key, or
// the session name of a role that an earlier one assumed. "clock 1h" turns the
// clock. The response that follows holds status, content type and body. Key ids,
// secrets, tokens and the ids of users, roles and groups are random, and sealed
// messages too; KEY(alice), SECRET(alice), TOKEN(alice), MESSAGE(alice), which is
// the last that alice was denied with, USER-ID, ROLE-ID and GROUP-ID stand for
// them, the first four in requests as well.
func Transcript(t *testing.T, path string, actions ...rpc.Action) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prose, sections := split(string(text))
	p := &player{World: New(t, actions...), versions: map[string]string{}}
	for _, a := range actions {
		p.versions[a.Name] = a.Product.Version
	}
	p.keep("root", p.Root)
	played := prose
	for i, s := range sections {
		number, isRequest := strings.CutPrefix(s.name, "request ")
		if !isRequest {
			continue
		}
		played += s.String()
		got, answered := p.play(s.text)
		if !answered {
			continue
		}
		response := section{"response " + number, got}
		played += response.String()
		if *update {
			continue
		}
		var want section
		if i+1 < len(sections) {
			want = sections[i+1]
		}
		if response != want {
			t.Errorf("%s: %s\n%s\n got %s\nwant %s", path, s.name, s.text, got, want.text)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(played), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// section is a piece of a txtar file.
type section struct{ name, text string }

func (s section) String() string { return "-- " + s.name + " --\n" + s.text }

func split(text string) (prose string, sections []section) {
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(line, "-- ")
		if name, end := strings.CutSuffix(name, " --\n"); ok && end {
			sections = append(sections, section{name: name})
		} else if n := len(sections); n > 0 {
			sections[n-1].text += line
		} else {
			prose += line
		}
	}
	return prose, sections
}

// player remembers what random values stand for.
type player struct {
	*World
	versions map[string]string
	who      map[string]signature.Credentials
	values   []string // value, placeholder, …
}

func (p *player) keep(name string, cred signature.Credentials) {
	if p.who == nil {
		p.who = map[string]signature.Credentials{}
	}
	p.who[name] = cred
	p.values = append(p.values, cred.AccessKeyID, "KEY("+name+")", cred.Secret, "SECRET("+name+")")
	if cred.SecurityToken != "" {
		p.values = append(p.values, cred.SecurityToken, "TOKEN("+name+")")
	}
}

func (p *player) play(request string) (response string, answered bool) {
	p.t.Helper()
	lines := strings.Split(strings.TrimSpace(request), "\n")
	who, action, ok := strings.Cut(lines[0], " ")
	if !ok {
		p.t.Fatalf("transcript: %q names no action", lines[0])
	}
	if who == "clock" {
		d, err := time.ParseDuration(action)
		if err != nil {
			p.t.Fatal(err)
		}
		p.Advance(d)
		return "", false
	}
	cred, ok := p.who[who]
	if !ok {
		p.t.Fatalf("transcript: nobody knows %s", who)
	}
	real := p.replacer(1, 0)
	var pairs []string
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		pairs = append(pairs, name, real.Replace(strings.TrimPrefix(value, " ")))
	}
	r := p.Do(cred, p.versions[action], action, pairs...)
	p.learn(who, r.Body.Bytes(), pairs)
	body := p.replacer(0, 1).Replace(r.Body.String())
	body = entityID.ReplaceAllStringFunc(body, func(id string) string {
		return map[byte]string{'2': "USER-ID", '3': "ROLE-ID", 'g': "GROUP-ID"}[id[0]]
	})
	return fmt.Sprintf("%d %s\n%s\n", r.Code, r.Header().Get("Content-Type"), body), true
}

var entityID = regexp.MustCompile(`\b([23][0-9]{17}|g-[A-Za-z0-9]{16})\b`)

// replacer maps values to placeholders, or back.
func (p *player) replacer(from, to int) *strings.Replacer {
	var list []string
	for i := 0; i < len(p.values); i += 2 {
		list = append(list, p.values[i+from], p.values[i+to])
	}
	return strings.NewReplacer(list...)
}

// learn keeps credentials that a response gives away, and the message of a denial.
func (p *player) learn(who string, body []byte, pairs []string) {
	if message := messageIn.FindSubmatch(body); message != nil {
		p.keepMessage("MESSAGE("+who+")", string(message[1]))
	}
	id, secret := idIn.FindSubmatch(body), secretIn.FindSubmatch(body)
	if id == nil || secret == nil {
		return
	}
	cred := signature.Credentials{AccessKeyID: string(id[1]), Secret: string(secret[1])}
	if token := tokenIn.FindSubmatch(body); token != nil {
		cred.SecurityToken = string(token[1])
	}
	name := who
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "UserName" || pairs[i] == "RoleSessionName" {
			name = pairs[i+1]
		}
	}
	p.keep(name, cred)
}

func (p *player) keepMessage(placeholder, message string) {
	if at := slices.Index(p.values, placeholder); at > 0 {
		p.values[at-1] = message
		return
	}
	p.values = append(p.values, message, placeholder)
}

// In JSON and in XML.
var (
	messageIn = regexp.MustCompile(`EncodedDiagnosticMessage(?:":"|>)([^"<]+)`)

	idIn     = regexp.MustCompile(`AccessKeyId(?:":"|>)([^"<]+)`)
	secretIn = regexp.MustCompile(`AccessKeySecret(?:":"|>)([^"<]+)`)
	tokenIn  = regexp.MustCompile(`SecurityToken(?:":"|>)([^"<]+)`)
)

// Golden compares text with a file, or rewrites the file.
func Golden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; run the test with -update and read the diff\n got:\n%s\nwant:\n%s", path, text, want)
	}
}

// List describes actions for a golden file: what each asks RAM for, and its
// parameters, the required ones with a star.
func List(actions []rpc.Action) string {
	var b strings.Builder
	for _, a := range actions {
		need := a.Permission() + " on"
		if a.Unguarded {
			need = "unguarded, touches"
		}
		fmt.Fprintf(&b, "%s %s %s\n", a.Product.Name, a.Product.Version, a.Name)
		for _, resource := range a.Resources(Alice) {
			fmt.Fprintf(&b, "\t%s %s\n", need, resource)
		}
		for _, p := range a.Parameters {
			star := ""
			if p.Required {
				star = "*"
			}
			fmt.Fprintf(&b, "\t%s%s\n", p.Name, star)
		}
	}
	return b.String()
}
