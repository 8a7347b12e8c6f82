package main

import (
	"bytes"
	"os"
	"testing"
	"time"
)

func TestNginx(t *testing.T) {
	program := findNginx(options{nginx: "../build/nginx/usr/sbin/nginx"})
	if program == "" {
		t.Skip("nginx is not installed, and make bench has not fetched it")
	}
	content := bytes.Repeat([]byte("nginx"), 1000)
	n, err := startNginx(program, content, 3)
	if err != nil {
		t.Fatal(err)
	}
	k := kind{name: nginxName, process: n.process, requests: []request{plainGet(n.process, "/"+smallKey(2))}}
	if err := k.serves(content); err != nil {
		t.Error(err)
	}
	// Workers do the work: their time must count.
	if pids, err := n.pids(); err != nil || len(pids) < 2 {
		t.Errorf("processes %v, %v; want the workers among them", pids, err)
	}
	if _, err := load(t.Context(), n.process, k.requests, extent{connections: 2, requests: 5000, duration: time.Minute}); err != nil {
		t.Error(err)
	}
	if used, err := n.cpu(); err != nil || used == 0 {
		t.Errorf("CPU time %v, %v", used, err)
	}
	n.remove()
	if _, err := os.Stat(n.dir); err == nil {
		t.Error("its folder is still there")
	}
	if err := n.answers("/" + smallKey(2)); err == nil {
		t.Error("it still answers")
	}
}
