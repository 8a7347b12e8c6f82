package witness_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/ossdtest/witness"
	"ossd/protocol/signature"
)

// lie answers in the server's place: true if it did.
type lie func(w http.ResponseWriter, r *http.Request, honest http.Handler) bool

// writerOf writes to a server through somebody who may lie.
func writerOf(t *testing.T, l *lie) (*witness.Writer, *witness.Client) {
	t.Helper()
	honest := ossdtest.Start(t, ossdtest.Options{}).Handler()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *l == nil || !(*l)(w, r, honest) {
			honest.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	c := &witness.Client{
		HTTP: s.Client(), Servers: []string{s.Listener.Addr().String()},
		Key: signature.Credentials{AccessKeyID: ossdtest.AccessKeyID, Secret: ossdtest.AccessKeySecret},
	}
	if err := c.Want(http.StatusOK, "PUT", "/witnessed", "", nil, nil); err != nil {
		t.Fatal(err)
	}
	return &witness.Writer{Client: c, Bucket: "witnessed"}, c
}

// verify is everything that a writer can look at.
func verify(w *witness.Writer) error {
	errs := []error{w.List()}
	for k := range 4 {
		errs = append(errs, w.Read(k))
	}
	return errors.Join(append(errs, w.Settle())...)
}

func answers(of func(r *http.Request) bool, change func(a *httptest.ResponseRecorder)) lie {
	return func(w http.ResponseWriter, r *http.Request, honest http.Handler) bool {
		if !of(r) {
			return false
		}
		a := httptest.NewRecorder()
		honest.ServeHTTP(a, r)
		change(a)
		for name, values := range a.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(a.Code)
		_, _ = w.Write(a.Body.Bytes())
		return true
	}
}

func isGet(r *http.Request) bool  { return r.Method == "GET" && strings.Contains(r.URL.Path, "key-") }
func isList(r *http.Request) bool { return r.URL.Query().Has("list-type") }

// An honest server is believed; each way to lie is noticed.
func TestWriterNotices(t *testing.T) {
	unavailable := func(a *httptest.ResponseRecorder) {
		a.Code = http.StatusServiceUnavailable
		a.Body = bytes.NewBufferString("<Error><Code>ServiceUnavailable</Code></Error>")
	}
	changes := func(r *http.Request) bool { return r.Method != "GET" && strings.Contains(r.URL.Path, "key-") }
	for name, c := range map[string]struct {
		during, after lie // of writing
		fails         bool
	}{
		"honest":                    {},
		"refused, after the effect": {during: answers(changes, unavailable)},
		"refused, without effect": {during: func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if changes(r) {
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprint(w, "<Error><Code>ServiceUnavailable</Code></Error>")
			}
			return changes(r)
		}},
		"acknowledged, without effect": {fails: true, during: func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			return r.Method == "PUT" && r.URL.RawQuery == "" && r.Header.Get("X-Oss-Copy-Source") == ""
		}},
		"deletions without effect": {fails: true, during: func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if r.Method == "DELETE" {
				w.WriteHeader(http.StatusNoContent)
			}
			return r.Method == "DELETE"
		}},
		"torn":           {fails: true, after: answers(isGet, func(a *httptest.ResponseRecorder) { a.Body.Truncate(a.Body.Len() / 2) })},
		"500":            {fails: true, after: answers(isGet, func(a *httptest.ResponseRecorder) { a.Code = http.StatusInternalServerError })},
		"403":            {fails: true, during: answers(changes, func(a *httptest.ResponseRecorder) { a.Code = http.StatusForbidden })},
		"no objects":     {fails: true, after: answers(isGet, func(a *httptest.ResponseRecorder) { a.Code = http.StatusNotFound })},
		"empty listings": {fails: true, after: answers(isList, func(a *httptest.ResponseRecorder) { a.Body = bytes.NewBufferString("<ListBucketResult/>") })},
		"listings' sizes": {fails: true, after: answers(isList, func(a *httptest.ResponseRecorder) {
			a.Body = bytes.NewBuffer(bytes.ReplaceAll(a.Body.Bytes(), []byte("<Size>"), []byte("<Size>1")))
		})},
	} {
		t.Run(name, func(t *testing.T) {
			var l lie
			w, client := writerOf(t, &l)
			for range 30 {
				if err := w.Write(); err != nil {
					t.Fatal(err)
				}
			}
			l = c.during
			for range 30 {
				_ = w.Write() // what came of it is the question
			}
			l = c.after
			err := verify(w)
			wrong := client.Take().Wrong
			if noticed := err != nil || len(wrong) > 0; noticed != c.fails {
				t.Errorf("noticed: %v, want %v: %v %v", noticed, c.fails, err, wrong)
			}
		})
	}
}

// Sessions work, and their refusals count.
func TestVisitors(t *testing.T) {
	var l lie
	w, client := writerOf(t, &l)
	v, err := witness.NewVisitors(client, ossdtest.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(), v.Visit(w, 1)); err != nil {
		t.Error(err)
	}
	l = answers(isGet, func(a *httptest.ResponseRecorder) { a.Code = http.StatusForbidden })
	if err := v.Visit(w, 1); err == nil || len(client.Take().Wrong) != 1 {
		t.Error("a session that may not read was not noticed: ", err)
	}
}
