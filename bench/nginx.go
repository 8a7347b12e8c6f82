package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nginx is a server of files, in a folder of its own.
type nginx struct {
	*process
	dir string
}

// findNginx returns the program, or "" if there is none.
func findNginx(o options) string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx", o.nginx} {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
	}
	return ""
}

// nginxVersion is what the program says of itself, or that there is none.
func nginxVersion(o options) string {
	program := findNginx(o)
	if program == "" {
		return "no nginx"
	}
	out, err := exec.Command(program, "-v").CombinedOutput()
	_, version, ok := strings.Cut(string(out), "nginx version: ")
	if err != nil || !ok {
		return "nginx of unknown version"
	}
	return strings.TrimSpace(version)
}

// noNginx is said where nginx's numbers are missing.
const noNginx = "nginx is not there: it is neither in the PATH nor could it be fetched, so its rows are missing."

// nginxConfig is nginx as one tunes it for files: no log, no look-up of a file
// twice, headers and file in one packet, connections that stay open.
const nginxConfig = `%sdaemon off;
worker_processes auto;
pid %q;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  keepalive_requests 1000000000;
  open_file_cache max=20000 inactive=1h;
  client_body_temp_path %q;
  proxy_temp_path %q;
  fastcgi_temp_path %q;
  uwsgi_temp_path %q;
  scgi_temp_path %q;
  server {
    listen %s;
    root %q;
  }
}
`

// startNginx serves objects of the same content, whose keys name their files.
func startNginx(program string, content []byte, objects int) (_ *nginx, err error) {
	dir, err := os.MkdirTemp("", "ossd-bench-nginx")
	if err != nil {
		return nil, err
	}
	n := &nginx{dir: dir}
	defer func() {
		if err != nil {
			n.remove()
		}
	}()
	for i := range objects {
		file := filepath.Join(dir, "www", smallKey(i))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return nil, err
		}
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // any other could not read the folder
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	config := fmt.Sprintf(nginxConfig, user, in("pid"), in("body"), in("proxy"), in("fastcgi"), in("uwsgi"), in("scgi"), address, in("www"))
	if err := os.WriteFile(in("nginx.conf"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "-p", dir, "-e", "stderr", "-c", in("nginx.conf"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n.process = &process{pid: cmd.Process.Pid, cmd: cmd, address: address}
	return n, n.wait()
}

// freeAddress is of a port that nobody listens on; nginx cannot choose one itself.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// wait returns when the first file is served, which takes five seconds at most.
func (n *nginx) wait() (err error) {
	for range 100 {
		if err = n.answers("/" + smallKey(0)); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("nginx does not answer: %w", err)
}

// remove stops the server and removes its folder.
func (n *nginx) remove() {
	if n.process != nil {
		n.stop()
	}
	os.RemoveAll(n.dir)
}
