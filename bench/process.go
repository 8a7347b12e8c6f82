package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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
	pid     int
	cmd     *exec.Cmd
	address string
	startup time.Duration // from its start to its first answer
	beside  []*process    // that share its load, and whose time counts with its
}

// spread is where the i-th connection goes.
func (p *process) spread(i int) string {
	if i %= 1 + len(p.beside); i > 0 {
		return p.beside[i-1].address
	}
	return p.address
}

// start starts a server that says where it listens in a line that begins with ready.
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
	p := &process{pid: cmd.Process.Pid, cmd: cmd}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), ready); ok {
			p.address = strings.TrimPrefix(strings.TrimSpace(rest), "http://")
			go io.Copy(io.Discard, out)
			if err := p.answers("/-/health"); err != nil {
				p.stop()
				return nil, err
			}
			p.startup = time.Since(begun)
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s ended before it was ready: %w", cmd.Path, cmd.Wait())
}

// answers wants success.
func (p *process) answers(path string) error {
	resp, err := http.Get("http://" + p.address + path)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return nil
}

func (p *process) stop() { p.signal(syscall.SIGTERM) }

// kill ends the process without giving it time for anything.
func (p *process) kill() { p.signal(syscall.SIGKILL) }

func (p *process) signal(s syscall.Signal) {
	p.cmd.Process.Signal(s)
	p.cmd.Wait()
}

// settle waits until the server has nothing more to tidy up, such as what was
// put before, for a minute at most: it would count as the time of what comes next.
func (p *process) settle() error {
	last := time.Duration(-1)
	for range 60 {
		now, err := p.cpu()
		if err != nil || now-last < 20*time.Millisecond && last >= 0 {
			return err
		}
		last = now
		time.Sleep(time.Second)
	}
	return nil
}

// pids are of the process and its children: nginx and PostgreSQL work in those.
func (p *process) pids() ([]int, error) {
	all, err := p.own()
	for _, other := range p.beside {
		more, otherErr := other.own()
		all, err = append(all, more...), errors.Join(err, otherErr)
	}
	return all, err
}

func (p *process) own() ([]int, error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid, p.pid))
	if err != nil {
		return nil, err
	}
	pids := []int{p.pid}
	for _, f := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// total adds up what of returns of the process and its children.
func (p *process) total(of func(pid int) (int64, error)) (sum int64, err error) {
	pids, err := p.pids()
	for _, pid := range pids {
		n, err := of(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, err
}

// tick is the unit of CPU time in /proc, on every architecture that Go knows.
const tick = time.Second / 100

// cpu is the time that the process has used, of all its threads.
func (p *process) cpu() (time.Duration, error) {
	ticks, err := p.total(func(pid int) (ticks int64, err error) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		// Fields 14 and 15 (proc(5)), counted behind the name, which may hold spaces.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, f := range fields[11:13] {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
		return ticks, nil
	})
	return time.Duration(ticks) * tick, err
}

func (p *process) residentMB() (float64, error) { return p.memory("VmRSS") }

// peakMB is the most memory that was resident since resetPeak.
func (p *process) peakMB() (float64, error) { return p.memory("VmHWM") }

// memory returns a line of the status (proc(5)) in MB.
func (p *process) memory(name string) (float64, error) {
	kilobytes, err := p.total(func(pid int) (int64, error) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		value, ok := field(string(status), name, ":")
		if !ok {
			return 0, fmt.Errorf("process %d has no %s", pid, name)
		}
		return strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
	})
	return float64(kilobytes) * 1024 / 1e6, err
}

// resetPeak makes peakMB begin anew (proc(5), clear_refs).
func (p *process) resetPeak() error {
	_, err := p.total(func(pid int) (int64, error) {
		return 0, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	})
	return err
}
