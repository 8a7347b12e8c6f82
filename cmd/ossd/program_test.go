package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// program is ossd in a process of its own.
type program struct {
	cmd     *exec.Cmd
	address string        // where it listens
	banner  string        // what it printed before it was ready
	startup time.Duration // from its start to "ossd: ready"
}

// startProgram starts ossd with args and waits until it is ready.
func startProgram(args, env []string) (*program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &program{cmd: cmd}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "ossd: ready http://"); ok {
			p.address, p.startup = address, time.Since(begun)
			go io.Copy(io.Discard, out)
			return p, nil
		}
		p.banner += lines.Text() + "\n"
	}
	return nil, fmt.Errorf("ossd ended before it was ready: %w\n%s%s", cmd.Wait(), p.banner, stderr.String())
}
