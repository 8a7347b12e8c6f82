// Package s3test runs an S3 store that is not ours, versitygw, for tests and trials:
// on a directory, on loopback, with keys of its own, signatures checked. It knows
// nothing of blobs.
package s3test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Version is that of the store that is installed.
const Version = "v1.8.0"

const module = "github.com/versity/versitygw/cmd/versitygw"

// Binary is where Install puts the store below a project's directory.
func Binary(project string) string {
	return filepath.Join(project, "build", "versitygw-"+Version)
}

// Install builds the store with the go command, unless it is there. It takes a
// minute, and modules are fetched.
func Install(ctx context.Context, project string) (string, error) {
	binary := Binary(project)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	dir, err := os.MkdirTemp("", "versitygw")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	install := exec.CommandContext(ctx, "go", "install", module+"@"+Version)
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=", "CGO_ENABLED=0")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("s3test: go install %s: %w\n%s", module, err, out)
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return "", err
	}
	return binary, move(filepath.Join(dir, "versitygw"), binary)
}

// move works across file systems, and shows the file only when it is whole.
func move(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", content, 0o755); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

// Server is a running store. Its methods are called by one goroutine at a time.
type Server struct {
	Endpoint             string // http://127.0.0.1:port, the same after a restart
	AccessKey, SecretKey string
	Dir                  string // its files: a bucket is a directory, an object a file

	binary  string
	start   func(*exec.Cmd) error
	process *exec.Cmd
	exited  chan struct{}
	log     *os.File
}

// startTimeout bounds how long a store may take until it answers.
const startTimeout = 30 * time.Second

// Start starts a store with its files below dir, which must know extended
// attributes: not every tmpfs does.
func Start(binary, dir string) (*Server, error) {
	return StartAt(binary, dir, "127.0.0.1", (*exec.Cmd).Start)
}

// StartAt is Start, on another address, where start starts the process: perhaps in another
// network namespace.
func StartAt(binary, dir, host string, start func(*exec.Cmd) error) (*Server, error) {
	s := &Server{binary: binary, start: start, Dir: filepath.Join(dir, "objects"), AccessKey: "test" + rand.Text()[:12], SecretKey: rand.Text()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	s.Endpoint = "http://" + net.JoinHostPort(host, port)
	if err := errors.Join(err, listener.Close(), os.MkdirAll(s.Dir, 0o700)); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	return s, s.Restart()
}

// PID is that of the running store.
func (s *Server) PID() int { return s.process.Process.Pid }

// Restart starts the store again after Kill.
func (s *Server) Restart() error {
	s.process = exec.Command(s.binary, "--port", s.Endpoint[len("http://"):], "--quiet", "--keep-alive", "posix", s.Dir)
	s.process.Env = []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey, "PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir}
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.start(s.process); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(p *exec.Cmd, exited chan struct{}) {
		p.Wait()
		close(exited)
	}(s.process, s.exited)
	return s.await()
}

func (s *Server) await() error {
	for begun := time.Now(); time.Since(begun) < startTimeout; time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.exited:
			return fmt.Errorf("s3test: the store ended at once; %s says why", s.log.Name())
		default:
		}
		if c, err := net.DialTimeout("tcp", s.Endpoint[len("http://"):], time.Second); err == nil {
			return c.Close()
		}
	}
	return errors.Join(fmt.Errorf("s3test: the store does not answer after %v; see %s", startTimeout, s.log.Name()), s.Kill())
}

// Kill ends the store without warning.
func (s *Server) Kill() error {
	err := s.process.Process.Kill()
	<-s.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop kills the store for good.
func (s *Server) Stop() error { return errors.Join(s.Kill(), s.log.Close()) }
