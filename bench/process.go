package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under load.
type process struct {
	cmd     *exec.Cmd
	address string
	startup time.Duration // from its start to its first answer
}

func start(ready string, cmd *exec.Cmd) (*process, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), ready); ok {
			p.address = strings.TrimPrefix(strings.TrimSpace(rest), "http://")
			go io.Copy(io.Discard, out)
			resp, err := http.Get("http://" + p.address + "/-/health")
			if err != nil {
				p.stop()
				return nil, err
			}
			resp.Body.Close()
			p.startup = time.Since(begun)
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s ended before it was ready: %w", cmd.Path, cmd.Wait())
}

func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// cpu is the time that the process has used, of all its threads.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// Fields 14 and 15 (proc(5)), counted behind the name, which may hold spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil
}

func (p *process) residentMB() (float64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	return float64(pages) * float64(os.Getpagesize()) / 1e6, err
}

// resetPeak makes peakMB begin anew (proc(5), clear_refs).
func (p *process) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}

// peakMB is the most memory that was resident since resetPeak.
func (p *process) peakMB() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return float64(kilobytes) * 1024 / 1e6, err
}

// bareServer answers every request with the same bytes.
type bareServer struct{ *process }

func startBare(size int) (*bareServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := start("ready", exec.Command(self, "bare", strconv.Itoa(size)))
	return &bareServer{p}, err
}

func bare() {
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	content := make([]byte, size)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", l.Addr())
	panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/octet-stream"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(content))}
		w.Write(content)
	})))
}

func (b *bareServer) requests() []request {
	return []request{{head: []byte("GET /bench/object HTTP/1.1\r\nHost: " + b.address + "\r\n\r\n")}}
}
