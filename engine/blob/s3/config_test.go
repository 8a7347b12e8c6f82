package s3

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/s3/s3test"
)

// environment sets all variables that credentials come from, "" for none.
func environment(t *testing.T, own, ownSecret, aws, awsSecret, awsToken string) {
	t.Setenv(accessKeyVariable, own)
	t.Setenv(secretKeyVariable, ownSecret)
	t.Setenv(awsAccessKeyVariable, aws)
	t.Setenv(awsSecretKeyVariable, awsSecret)
	t.Setenv(awsTokenVariable, awsToken)
}

func TestParse(t *testing.T) {
	environment(t, "id", "sesame", "aws", "awssesame", "token")
	own := Config{Bucket: "b", AccessKey: "id", SecretKey: "sesame"}
	for text, change := range map[string]func(c *Config){
		"s3://b":                          func(*Config) {},
		"s3://b/":                         func(*Config) {},
		"s3://b/pre/fix/":                 func(c *Config) { c.Prefix = "pre/fix" },
		"s3://b?region=eu-central-1":      func(c *Config) { c.Region = "eu-central-1" },
		"s3://b?endpoint=http://h:7070":   func(c *Config) { c.Endpoint, c.PathStyle = "http://h:7070", true },
		"s3://b?endpoint=http%3A%2F%2Fh":  func(c *Config) { c.Endpoint, c.PathStyle = "http://h", true },
		"s3://b?path-style=true&ca=/x":    func(c *Config) { c.PathStyle, c.CA = true, "/x" },
		"s3://b?endpoint=e&path-style=no": nil,
		"s3://b?endpoint=e&path-style=0":  func(c *Config) { c.Endpoint = "e" },
		"s3://b?create=true":              func(c *Config) { c.CreateBucket = true },
		"s3://b?colour=red":               nil,
		"s3://b?region=a&region=b":        nil,
		"s3://b#part":                     nil,
		"s3://b?%zz":                      nil,
		"s3:///prefix":                    nil,
		"http://b/prefix":                 nil,
		"b":                               nil,
		"":                                nil,
	} {
		got, err := Parse(text)
		if change == nil {
			if err == nil {
				t.Errorf("%q became %v", text, got)
			}
			continue
		}
		want := own
		change(&want)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %v", text, got, err, want)
		}
	}
}

func TestCredentials(t *testing.T) {
	environment(t, "", "", "aws", "awssesame", "token")
	if c, err := Parse("s3://b"); err != nil || c.AccessKey != "aws" || c.SecretKey != "awssesame" || c.SessionToken != "token" {
		t.Errorf("credentials as for AWS: %s, %v", c.AccessKey, err)
	}
	for _, none := range [][2]string{{"", ""}, {"id", ""}, {"", "sesame"}} {
		environment(t, none[0], none[1], "", "", "")
		if _, err := Parse("s3://b"); err == nil || !strings.Contains(err.Error(), secretKeyVariable) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("half of the credentials: %v", err)
		}
	}
	environment(t, "id", "s", "", "", "")
	for _, text := range []string{"s3://id:sesame@b", "s3://sesame@b/x", "s3://b?secret-key=sesame", "s3://b?AWS_SECRET_ACCESS_KEY=sesame", "s3://b?session-token=sesame", "s3://id:sesame%zz@b", "s3://b/%zz?x=sesame", "s3://b?x%zz=sesame"} {
		_, err := Parse(text)
		if err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", text, err)
		}
		if !strings.Contains(text, "%zz") && !strings.Contains(err.Error(), secretKeyVariable) {
			t.Errorf("%q: %v; want it to say where credentials go", text, err)
		}
	}
}

func TestConfigShowsNoSecret(t *testing.T) {
	c := Config{Bucket: "b", AccessKey: "id", SecretKey: "sesame", SessionToken: "sesame"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, c); strings.Contains(text, "sesame") || !strings.Contains(text, "s3://b/") {
			t.Errorf("%s shows %s", format, text)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "store", c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "store", c)
	if strings.Contains(log.String(), "sesame") {
		t.Errorf("the log shows %s", log.String())
	}
}

// What is wrong with a store is told when it is opened, and what to do.
func TestOpenRefuses(t *testing.T) {
	server := s3test.For(t)
	mustOpen(t, configFor(server, "there"))
	if err := os.WriteFile(filepath.Join(server.Dir, "blobs/there/FORMAT"), []byte("ossd blobs in S3 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mute := httptest.NewTLSServer(http.NotFoundHandler())
	defer mute.Close()
	mute.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		change func(c *Config)
		says   string
	}{
		"wrong secret":   {func(c *Config) { c.SecretKey = "sesame" }, secretKeyVariable},
		"unknown key":    {func(c *Config) { c.AccessKey = "nobody" }, accessKeyVariable},
		"no bucket":      {func(c *Config) { c.Bucket, c.CreateBucket = "nothere", false }, "create=true"},
		"another layout": {func(c *Config) { c.Prefix = "there" }, "layout"},
		"long prefix":    {func(c *Config) { c.Prefix = strings.Repeat("x", 600) }, "prefix"},
		"no secret":      {func(c *Config) { c.SecretKey = "" }, "credentials"},
		"bad endpoint":   {func(c *Config) { c.Endpoint = "localhost:7070" }, "http://"},
		"path":           {func(c *Config) { c.Endpoint += "/path" }, "endpoint"},
		"nobody there":   {func(c *Config) { c.Endpoint = "http://" + closed.Addr().String() }, blob.ErrUnavailable.Error()},
		"not trusted":    {func(c *Config) { c.Endpoint = mute.URL }, "trusted"},
		"no TLS":         {func(c *Config) { c.Endpoint = strings.Replace(c.Endpoint, "http", "https", 1) }, "trusted"},
		"no such CA":     {func(c *Config) { c.CA = "/nowhere/ca" }, "/nowhere/ca"},
		"empty CA":       {func(c *Config) { c.CA = os.DevNull }, "certificate"},
	} {
		config := configFor(server, "refused")
		config.SessionToken = ""
		config.RetryFor = 100 * time.Millisecond
		c.change(&config)
		s, err := Open(t.Context(), config)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v; want it to say %q", name, s, err, c.says)
		} else if strings.Contains(err.Error(), "sesame") || config.SecretKey != "" && strings.Contains(err.Error(), config.SecretKey) {
			t.Errorf("%s: %v shows the secret", name, err)
		}
	}
}

// A server whose certificate the CA file vouches for is trusted.
func TestOpenTLS(t *testing.T) {
	server := s3test.For(t)
	p, _ := newProxy(t, server)
	front := httptest.NewTLSServer(p)
	defer front.Close()
	config := configFor(server, "tls")
	config.Endpoint, config.CA = front.URL, filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(config.CA, pemOf(front.Certificate().Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, config)
	data := pattern(2*partBytes, 1)
	blobtest.WantBytes(t, s, blobtest.Put(t, s, data), data)
}

// What a walk shows as old is measured by the store's clock, not by this machine's.
func TestClocksDiffer(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "clocks")
	ref := blobtest.Put(t, s, []byte("now"))
	for _, c := range []struct {
		ahead, olderThan time.Duration
		shown            bool
	}{
		{0, -time.Minute, false}, {0, time.Minute, true}, {0, 0, false},
		{time.Hour, -59 * time.Minute, true}, {time.Hour, -61 * time.Minute, false},
		{-time.Hour, 59 * time.Minute, false}, {-time.Hour, 61 * time.Minute, true},
	} {
		p.meddle(func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
			pass.ServeHTTP(&dated{w, time.Now().Add(c.ahead)}, r)
			return true
		})
		shown := false
		if err := s.Walk(t.Context(), time.Now().Add(c.olderThan), func(r blob.Ref, _ int64) error {
			shown = shown || r == ref
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if shown != c.shown {
			t.Errorf("a store %v ahead, older than %v: shown %v", c.ahead, c.olderThan, shown)
		}
	}
}

// dated is an answer of another time.
type dated struct {
	http.ResponseWriter
	date time.Time
}

func (d *dated) WriteHeader(status int) {
	d.Header().Set("Date", d.date.UTC().Format(http.TimeFormat))
	d.ResponseWriter.WriteHeader(status)
}

func TestMetrics(t *testing.T) {
	server := s3test.For(t)
	s, p := meddled(t, server, "metrics")
	registry := prometheus.NewRegistry()
	if err := registry.Register(s); err != nil {
		t.Fatal(err)
	}
	before := gathered(t, registry)
	p.meddle(first(1, putObject, answer(503, "SlowDown")))
	ref := blobtest.Put(t, s, pattern(1000, 1))
	if _, err := blobtest.Read(s, ref); err != nil {
		t.Fatal(err)
	}
	after := gathered(t, registry)
	for name, want := range map[string]float64{
		"ossd_s3_requests_total PutObject 503": 1, "ossd_s3_requests_total PutObject 200": 1, "ossd_s3_requests_total GetObject 200": 1,
		"ossd_s3_retries_total write": 1, "ossd_s3_body_bytes_total in": 1004,
	} {
		if got := after[name] - before[name]; got != want && !(strings.HasSuffix(name, " in") && got > want && got < want+500) {
			t.Errorf("%s grew by %v, want %v", name, got, want)
		}
	}
	if got := after["ossd_s3_body_bytes_total out"] - before["ossd_s3_body_bytes_total out"]; got != 2008 {
		t.Errorf("%v bytes were sent, want 1004 twice", got)
	}
}

func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			values[name] = m.GetCounter().GetValue()
		}
	}
	return values
}

// References of other stores have a place of their own; what is none has no place.
func TestWhere(t *testing.T) {
	s := &Store{config: Config{Bucket: "b", Prefix: "p/"}}
	id := strings.Repeat("0a", idBytes)
	for ref, want := range map[blob.Ref]string{
		blob.Ref(id + ".1"): "s3://b/p/0a/" + id + ".1", blob.Ref(id + ".2"): "s3://b/p/moved/" + id + ".2.1", "../x.1": "", "": "",
	} {
		if got := s.Where(ref); got != want {
			t.Errorf("%s lies in %q, want %q", ref, got, want)
		}
	}
	if _, err := s.Size(t.Context(), "../nothing"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the size of nothing: %v", err)
	}
}
