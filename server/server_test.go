package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/access"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

func openServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	c := Config{Data: filepath.Join(t.TempDir(), "data"), Domains: []string{"oss.example.com"}}
	if change != nil {
		change(&c)
	}
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The first start writes the key for its owner's eyes only; later ones keep it
// and tell where the server is now.
func TestCredentials(t *testing.T) {
	s := openServer(t, func(c *Config) { c.Address = "http://127.0.0.1:1" })
	file := s.CredentialsFile
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v; want mode 0600", info.Mode(), err)
	}
	first := s.Root
	if !first.Created || first.Secret == "" {
		t.Fatalf("the first start made the key %+v", first)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	read := func() map[string]string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return readVariables(text)
	}
	again := openServer(t, func(c *Config) { c.Data, c.Region, c.Address = s.Data, "*", "http://127.0.0.1:2" })
	if again.Root.Created || again.Root.Secret != "" {
		t.Errorf("the second start knows the key %+v", again.Root)
	}
	kept := read()
	if kept[keyVariable] != first.AccessKeyID || kept[secretVariable] != first.Secret || kept[endpointVariable] != "http://127.0.0.1:2" || kept[regionVariable] != "cn-hangzhou" {
		t.Errorf("the second start keeps %q", kept)
	}
	again.Close()

	third := openServer(t, func(c *Config) {
		c.Data, c.AccessKeyID, c.AccessKeySecret = s.Data, first.AccessKeyID, "another-secret-0123456789"
	})
	defer third.Close()
	if got := read()[secretVariable]; got != "another-secret-0123456789" {
		t.Errorf("the file keeps the secret %q after another was given", got)
	}
}

// A key that was given is written nowhere.
func TestGivenKeyIsNotKept(t *testing.T) {
	declared, err := access.ParseDeclaration([]byte("accounts: [{id: '1234567890123456', name: example, accessKeyId: LTAIgivenKey000000000001, accessKeySecret: givenSecret0000000000000000001}]"))
	if err != nil {
		t.Fatal(err)
	}
	s := openServer(t, func(c *Config) { c.Declaration = &declared })
	if s.CredentialsFile != "" {
		t.Errorf("kept in %q", s.CredentialsFile)
	}
	found := false
	filepath.WalkDir(s.Data, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, _ := os.ReadFile(path)
			found = found || bytes.Contains(text, []byte("givenSecret0000000000000000001"))
		}
		return nil
	})
	if found {
		t.Error("the secret lies in the data directory in the open")
	}
	s.Close()
	// A start without the declaration leaves the account's name alone.
	again := openServer(t, func(c *Config) { c.Data = s.Data })
	accounts, err := again.directory.Accounts(t.Context())
	if err != nil || len(accounts) != 1 || accounts[0].Name != "example" || len(again.Changes) != 0 {
		t.Errorf("accounts %+v, changes %v, %v", accounts, again.Changes, err)
	}
}

// The local authority signs for the server's own names only.
func TestOwnNames(t *testing.T) {
	s := &Server{Config: Config{Domains: []string{"oss.example.com"}, TLSNames: []string{"sts.example.com"}}}
	for name, want := range map[string]bool{
		"oss.example.com": true, "photos.oss.example.com": true, "sts.example.com": true, "photos.localhost": true,
		"a.b.oss.example.com": false, "example.com": false, "evil.com": false, "oss.example.com.evil.com": false, "notoss.example.com": false, "": false,
	} {
		if got := s.ownsName(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}

// A server that is told to stop answers what it has begun.
func TestStopDrains(t *testing.T) {
	s := openServer(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	b, err := s.store.CreateBucket(t.Context(), objectstore.Bucket{Name: "demo", Owner: s.Account.ID})
	if err != nil {
		t.Fatal(err)
	}
	body, feed := io.Pipe()
	answered := make(chan error, 1)
	go func() { answered <- putObject(s, l.Addr().String(), body) }()
	// The client sends its body when the server asks for it, so then the request is under way.
	io.WriteString(feed, strings.Repeat("x", 10_000))
	stop()
	time.Sleep(50 * time.Millisecond)
	feed.Close()
	if err := <-answered; err != nil {
		t.Errorf("the request under way ended with %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if found, err := s.store.Find(t.Context(), b.Name, "key", ""); err != nil || found.Object == nil || found.Object.Size != 10_000 {
		t.Errorf("afterwards the object is %+v, %v", found.Object, err)
	}
}

// putObject puts demo/key as the account.
func putObject(s *Server, address string, body io.Reader) error {
	r, err := http.NewRequest("PUT", "http://"+address+"/demo/key", body)
	if err != nil {
		return err
	}
	signed, err := signature.NewRequest("PUT", address, "/demo/key", r.Header)
	if err != nil {
		return err
	}
	cred := signature.Credentials{AccessKeyID: s.Root.AccessKeyID, Secret: s.Root.Secret}
	if err := signature.SignHeader(signature.V1Header, signed, signature.Resource{Bucket: "demo", Key: "key"}, cred, "", time.Now()); err != nil {
		return err
	}
	r.Header.Set("Expect", "100-continue")
	resp, err := (&http.Transport{ExpectContinueTimeout: 10 * time.Second}).RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// What was sent to one run of the server works on no later one, though its nonces are forgotten.
func TestReplayAfterRestart(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	s := openServer(t, func(c *Config) { c.Now = clock })
	form := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2015-04-01"}, "Format": {"JSON"}}
	cred := signature.Credentials{AccessKeyID: s.Root.AccessKeyID, Secret: s.Root.Secret}
	signature.SignRPC("POST", form, cred, now, "captured")
	send := func(s *Server) (int, string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if status, body := send(s); status != 200 {
		t.Fatalf("first: %d %s", status, body)
	}
	if status, body := send(s); status != 400 || !strings.Contains(body, "SignatureNonceUsed") {
		t.Errorf("replayed: %d %s", status, body)
	}
	s.Close()
	now = now.Add(3 * time.Second)
	again := openServer(t, func(c *Config) { c.Data, c.Now = s.Data, clock })
	if status, body := send(again); status != 400 || !strings.Contains(body, "InvalidTimeStamp.Expired") {
		t.Errorf("replayed to the next run: %d %s", status, body)
	}
}

// A first start that fails leaves no account whose key nobody knows.
func TestFailedFirstStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, wrong := range []func(*Config){
		func(c *Config) { c.TLSCert, c.TLSKey = "/nonexistent", "/nonexistent" },
		func(c *Config) { c.MetricsFrom = []string{"everywhere"} },
		func(c *Config) { c.Domains = []string{"http://x y/"} },
		func(c *Config) { c.TrustedProxies = []string{"proxy"} },
	} {
		c := Config{Data: data}
		wrong(&c)
		if s, err := Open(t.Context(), c); err == nil {
			s.Close()
			t.Errorf("%+v was taken", c)
		}
	}
	s := openServer(t, func(c *Config) { c.Data = data })
	if !s.Root.Created || s.CredentialsFile == "" {
		t.Errorf("the next start made the key %+v, kept in %q", s.Root, s.CredentialsFile)
	}
}
