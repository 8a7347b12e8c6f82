// Package postgrestest runs throw-away PostgreSQL servers from the programs that a
// distribution installs. It knows nothing of the rows of anybody.
package postgrestest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled is what Start returns where there are no programs of PostgreSQL.
var ErrNotInstalled = errors.New("no PostgreSQL is installed: Debian's package is called postgresql")

// The superuser of a server, and its password: letters that an error would show, with some that a URL escapes.
const (
	User     = "ossd"
	Password = "s3cret/of the@base"
)

// Config says how a server is to be. Zero values mean the defaults.
type Config struct {
	NoSync   bool              // do not wait for the disk: quicker, and lost with the machine
	Settings map[string]string // beside ours
	Host     string            // address that it listens on; default 127.0.0.1
	// Begin starts its processes, for example in another network namespace; default (*exec.Cmd).Start.
	Begin func(*exec.Cmd) error
}

// Server is a server in a directory of its own.
type Server struct {
	dir, bin string
	host     string
	port     int
	start    func(*exec.Cmd) error
	settings map[string]string
	log      *os.File

	process *exec.Cmd
	exited  chan struct{}
}

// Start makes a database cluster and a server, and returns when it answers. Stop must be called.
func Start(ctx context.Context, config Config) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, settings: map[string]string{}, host: cmp.Or(config.Host, loopback), start: config.Begin}
	if s.start == nil {
		s.start = (*exec.Cmd).Start
	}
	for name, value := range config.Settings {
		s.settings[name] = value
	}
	if config.NoSync {
		s.settings["fsync"] = "off"
	}
	if s.dir, err = os.MkdirTemp("", "postgrestest-"); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) begin(ctx context.Context) (err error) {
	if s.port, err = freePort(); err != nil {
		return err
	}
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		return err
	}
	if err := s.initialise(ctx); err != nil {
		return err
	}
	return s.Restart(ctx)
}

const loopback = "127.0.0.1"

// programs is the folder of the newest server that is installed.
func programs() (string, error) {
	if found, err := exec.LookPath("initdb"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil {
			return filepath.Dir(found), nil
		}
	}
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest, best := 0, ""
	for _, f := range folders {
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(f)))); err == nil && v > newest {
			newest, best = v, filepath.Dir(f)
		}
	}
	if best == "" {
		return "", ErrNotInstalled
	}
	return best, nil
}

// freePort is one that nobody listens on now; after a restart it must be the same.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) initialise(ctx context.Context) error {
	password := filepath.Join(s.dir, "password")
	if err := os.WriteFile(password, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	if err := giveAway(s.dir, password, s.log.Name()); err != nil {
		return err
	}
	cmd := s.command(ctx, "initdb", "--pgdata", s.data(), "--username", User, "--pwfile", password,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	if s.host == loopback {
		return nil
	}
	return s.admit("host all all samenet scram-sha-256")
}

// admit adds a line to those that say who may connect.
func (s *Server) admit(line string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "pg_hba.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, line)
	return errors.Join(err, f.Close())
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command is a program of PostgreSQL as a user that may run it: never root.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = attributes()
	return cmd
}

// URL is where the server is, with the password of its superuser.
func (s *Server) URL() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(User, Password), Host: s.Address(), Path: "/postgres", RawQuery: "sslmode=disable",
	}
	return u.String()
}

// SocketURL is where the server is for processes that cannot reach its port: a socket of the file system.
func (s *Server) SocketURL() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(User, Password), Path: "/postgres",
		RawQuery: url.Values{"host": {s.dir}, "port": {strconv.Itoa(s.port)}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Address is the server's, HOST:PORT.
func (s *Server) Address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// PID is that of the running server, whose children serve the connections.
func (s *Server) PID() int { return s.process.Process.Pid }

// Restart starts the server that Kill or Shutdown ended, or Start prepared.
func (s *Server) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.launch(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		// After Kill the processes of the old one hold its memory for a moment.
		if !strings.Contains(err.Error(), "still in use") && !strings.Contains(err.Error(), "lock file") {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// launch starts the process and waits until it answers.
func (s *Server) launch(ctx context.Context) error {
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-h", s.host, "-k", s.dir}
	for name, value := range s.settings {
		args = append(args, "-c", name+"="+value)
	}
	var said bytes.Buffer
	cmd := s.command(context.WithoutCancel(ctx), "postgres", args...)
	from, err := s.log.Seek(0, 2)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := s.start(cmd); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in the log
	}()
	s.process, s.exited = cmd, exited
	for {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-exited:
			s.process = nil
			if log, err := os.ReadFile(s.log.Name()); err == nil && int64(len(log)) > from {
				said.Write(log[from:])
			}
			return fmt.Errorf("the server ended: %s", bytes.TrimSpace(said.Bytes()))
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server without warning, as a crash does.
func (s *Server) Kill() error { return s.signal(os.Kill) }

// Shutdown ends the server and its connections in order.
func (s *Server) Shutdown() error { return s.signal(os.Interrupt) }

func (s *Server) signal(sig os.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.exited
	s.process = nil
	return nil
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	err := s.Shutdown()
	if s.log != nil {
		err = errors.Join(err, s.log.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
