package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/postgres/postgrestest"
)

func TestStoresOpenAtOnce(t *testing.T) {
	server := postgrestest.Shared(t)
	schema := server.Schema(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := Open(t.Context(), Config{URL: server.URL(), Schema: schema, MaxConns: 2})
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			defer s.Close()
			if err := put(t.Context(), s, fmt.Sprint(i), "here"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, server, Config{Schema: schema})
	for i := range 8 {
		wantRow(t, s, fmt.Sprint(i), "here")
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	server := postgrestest.Shared(t)
	schema := server.Schema(t)
	open(t, server, Config{Schema: schema})
	server.Exec(t, fmt.Sprintf("update %s.version set version = %d", schema, len(migrations)+1))
	_, err := Open(t.Context(), Config{URL: server.URL(), Schema: schema})
	if err == nil || errors.Is(err, meta.ErrUnavailable) || !strings.Contains(err.Error(), "newer ossd") {
		t.Errorf("Open: %v", err)
	}
}

// Who may read and write rows, but make nothing, can open a schema that is there.
func TestFewRights(t *testing.T) {
	server := postgrestest.Shared(t)
	schema := server.Schema(t)
	open(t, server, Config{Schema: schema})
	server.Exec(t, fmt.Sprintf(`create role %[1]s login password 'x'; grant usage on schema %[1]s to %[1]s;
		grant select, insert, update, delete on %[1]s.rows to %[1]s; grant select on %[1]s.version to %[1]s`, schema))
	defer server.Exec(t, fmt.Sprintf("drop owned by %[1]s; drop role %[1]s", schema))
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(schema, "x")
	s, err := Open(t.Context(), Config{URL: u.String(), Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := put(t.Context(), s, "a", "1"); err != nil {
		t.Error(err)
	}
	wantRow(t, s, "a", "1")
	_, err = Open(t.Context(), Config{URL: u.String(), Schema: "elsewhere"})
	if err == nil || errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("a schema that may not be made: %v", err)
	}
}

func TestRefusedConfigs(t *testing.T) {
	server := postgrestest.Shared(t)
	const secret = "hush-hush"
	replace := func(old, new string) string { return strings.Replace(server.URL(), old, new, 1) }
	escaped := url.UserPassword(postgrestest.User, postgrestest.Password).String()
	for name, c := range map[string]Config{
		"not a URL":            {URL: "postgres://u:" + secret + "@host:port:5432/%zz"},
		"unknown sslmode":      {URL: "host=127.0.0.1 password=" + secret + " sslmode=perhaps"},
		"wrong password":       {URL: replace(escaped, "ossd:"+secret)},
		"no such user":         {URL: replace(escaped, "nobody:"+secret)},
		"no such database":     {URL: replace("/postgres?", "/elsewhere?")},
		"no TLS":               {URL: replace("sslmode=disable", "sslmode=require")},
		"writes that get lost": {URL: server.URL() + "&synchronous_commit=off"},
		"schema's name":        {URL: server.URL(), Schema: `x"; drop schema public; --`},
	} {
		s, err := Open(t.Context(), c)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		for _, p := range []string{secret, postgrestest.Password, url.QueryEscape(postgrestest.Password), url.PathEscape(postgrestest.Password)} {
			if strings.Contains(err.Error(), p) {
				t.Errorf("%s: the password is told: %v", name, err)
			}
		}
	}
}

// Every session has the times of its Config, and synchronous commits whatever the server's default.
func TestSettings(t *testing.T) {
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true, Settings: map[string]string{"synchronous_commit": "off"}})
	var log bytes.Buffer
	s := open(t, server, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for name, want := range map[string]string{
		"synchronous_commit": "on", "statement_timeout": "8s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s",
	} {
		var got string
		if err := s.pool.QueryRow(t.Context(), `select current_setting($1)`, name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", name, got, err, want)
		}
	}
	if !strings.Contains(log.String(), "setting=fsync") {
		t.Errorf("a server that does not sync is not told of: %q", log.String())
	}
}

// Following goes on over a lost connection.
func TestFollowReconnects(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{})
	values := make(chan string, 100)
	s.Follow(t.Context(), []byte("f"), 1<<40, func(value []byte, _ time.Time) { values <- string(value) })
	<-values
	server.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ossd follow'`)
	<-values // the first reading of the next connection
	if err := put(t.Context(), s, "f", "1"); err != nil {
		t.Fatal(err)
	}
	for <-values != "1" {
	}
}
