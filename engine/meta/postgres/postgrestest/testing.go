package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// shared is the server of the tests of one binary; it starts with the first that asks.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a package and stops their server: TestMain calls os.Exit(Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "postgrestest:", err)
			return 1
		}
	}
	return code
}

// Shared returns the server of this binary's tests, which waits for the disk. It must go on
// running. Without PostgreSQL the test is skipped.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = Start(context.Background(), Config{}) })
	check(t, shared.err)
	return shared.server
}

// Own returns a server that the test may stop and start.
func Own(t testing.TB, config Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), config)
	check(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Schema returns a name that no other test has. The schema is dropped after the test.
func (s *Server) Schema(t testing.TB) string {
	name := "test_" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		if s.process != nil {
			s.Exec(t, "drop schema if exists "+name+" cascade")
		}
	})
	return name
}

// Exec runs SQL as the superuser.
func (s *Server) Exec(t testing.TB, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
