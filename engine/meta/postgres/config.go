package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says which database a store is in and what it may use. Zero values mean the defaults.
type Config struct {
	// URL is a connection URL or a list of key=value, as libpq reads them. It may hold
	// a password, so it appears in no error. Several hosts and target_session_attrs=read-write find the
	// primary of a cluster. synchronous_commit in it may be on or remote_apply.
	URL    string
	Schema string // of its own, made if need be: lower-case letters, digits and _; default "ossd"

	MaxConns    int           // default 32; who finds none free waits
	Timeout     time.Duration // of each round trip, and of waiting for a connection; default 10 s
	LockTimeout time.Duration // of waiting for locks; default 5 s
	IdleTimeout time.Duration // after which the server ends a transaction that says nothing; default 30 s
	RetryFor    time.Duration // how long an interrupted call is tried again; default 2 s

	Logger *slog.Logger // for settings of the server that lose rows; nil means nobody reads them
}

const maxRetries = 8

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (c *Config) complete() error {
	setDefault(&c.Schema, "ossd")
	setDefault(&c.MaxConns, 32)
	setDefault(&c.Timeout, 10*time.Second)
	setDefault(&c.LockTimeout, 5*time.Second)
	setDefault(&c.IdleTimeout, 30*time.Second)
	setDefault(&c.RetryFor, 2*time.Second)
	setDefault(&c.Logger, slog.New(slog.DiscardHandler))
	if !schemaName.MatchString(c.Schema) {
		return fmt.Errorf("meta/postgres: %q cannot be a schema's name: lower-case letters, digits and _ are allowed, at most 63", c.Schema)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// errURL replaces what the parser says: it repeats the URL, and finds passwords only in URLs that it understands.
var errURL = errors.New("meta/postgres: the database's URL cannot be read; it looks like postgres://user:password@host:5432/database?sslmode=verify-full")

// poolConfig is what pgx needs to know.
func (c *Config) poolConfig() (*pgxpool.Config, error) {
	p, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errURL
	}
	if !strings.Contains(c.URL, "pool_max_conns") {
		p.MaxConns = int32(c.MaxConns)
	}
	p.MinConns = min(p.MinConns, p.MaxConns)
	// Asking the kernel finds a connection that the server closed; a ping would cost every call a round trip.
	p.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	p.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) { return quiet(conn.PgConn().Conn()), nil }

	conn := p.ConnConfig
	conn.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if conn.ConnectTimeout == 0 || conn.ConnectTimeout > c.Timeout {
		conn.ConnectTimeout = c.Timeout / 2
	}
	conn.DialFunc = (&net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}).DialContext
	conn.OnNotice = remember
	return p, c.runtimeParams(conn.RuntimeParams)
}

// runtimeParams sets what a session of the server begins with.
func (c *Config) runtimeParams(params map[string]string) error {
	switch params["synchronous_commit"] {
	case "", "on":
		params["synchronous_commit"] = "on"
	case "remote_apply":
	default:
		return fmt.Errorf("meta/postgres: synchronous_commit=%s would acknowledge writes that can be lost; on and remote_apply are allowed", params["synchronous_commit"])
	}
	setting := func(name, value string) {
		if params[name] == "" {
			params[name] = value
		}
	}
	setting("application_name", "ossd")
	setting("jit", "off") // it compiles for longer than our statements run
	// Each of our statements walks the index. Plans that were made while the table was small must not stay.
	for _, other := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} {
		setting(other, "off")
	}
	setting("statement_timeout", millis(c.Timeout*4/5)) // before our own deadline, which costs the connection
	setting("lock_timeout", millis(c.LockTimeout))      // advisory locks are locks
	setting("idle_in_transaction_session_timeout", millis(c.IdleTimeout))
	// A machine that vanished must not keep its locks for the hours that TCP allows.
	setting("tcp_keepalives_idle", "10")
	setting("tcp_keepalives_interval", "5")
	setting("tcp_keepalives_count", "3")
	return nil
}

func millis(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

// warning is where a connection keeps the server's warning that it has given up waiting for its
// standby, until somebody takes it. What else it may warn of says nothing of a commit.
const warning = "ossd.warning"

func remember(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" && n.Routine == "SyncRepWaitForLSN" {
		conn.CustomData()[warning] = n.Message
	}
}
