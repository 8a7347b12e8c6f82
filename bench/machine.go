package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine is what the numbers depend on, and how busy others kept it.
type machine struct {
	model, system, kernel, fileSystem string
	beside                            string // another program that is measured
	memory                            int64  // bytes
	begun, ended                      time.Time
	before, after                     busy
}

func thisMachine(beside string) (*machine, error) {
	m := &machine{begun: time.Now(), beside: beside, model: "unknown", system: "unknown", fileSystem: "unknown"}
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return nil, err
	}
	if model, ok := field(string(cpuinfo), "model name", ":"); ok {
		m.model = model
	}
	if release, err := os.ReadFile("/etc/os-release"); err == nil {
		if name, ok := field(string(release), "PRETTY_NAME", "="); ok {
			m.system = strings.Trim(name, `"`)
		}
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return nil, err
	}
	m.kernel = strings.TrimSpace(string(kernel))
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return nil, err
	}
	if total, ok := field(string(meminfo), "MemTotal", ":"); ok {
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(total, " kB"), 10, 64)
		if err != nil {
			return nil, err
		}
		m.memory = kilobytes * 1024
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		return nil, err
	}
	if kind := fileSystemOf(string(mounts), os.TempDir()); kind != "" {
		m.fileSystem = kind
	}
	m.before, err = busyTime()
	return m, err
}

// field returns the value on the first line that begins with a name.
func field(text, name, separator string) (string, bool) {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, separator); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// fileSystemOf returns the type of the file system that holds a path: of the
// longest mount point above it, and of several there the last (proc(5), mounts).
func fileSystemOf(mounts, path string) (kind string) {
	longest := 0
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 3 || len(f[1]) < longest {
			continue
		}
		if inside, err := filepath.Rel(f[1], path); err == nil && filepath.IsLocal(inside) {
			longest, kind = len(f[1]), f[2]
		}
	}
	return kind
}

func (m *machine) String() string {
	return fmt.Sprintf("%s: %s, %d cores, %.0f GiB, %s, Linux %s, %s, %s, %s.",
		m.begun.Format(time.DateOnly), m.model, runtime.NumCPU(), float64(m.memory)/(1<<30), m.system, m.kernel, m.fileSystem, runtime.Version(), m.beside)
}

// busy is CPU time: of the whole machine, and of this process and those it started.
type busy struct{ all, own time.Duration }

func busyTime() (b busy, err error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return b, err
	}
	// user, nice, system, idle, iowait, irq, softirq, steal (proc(5)), in hundredths of a second.
	first, _, _ := strings.Cut(string(stat), "\n")
	for i, f := range strings.Fields(first)[1:9] {
		ticks, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return b, err
		}
		if i != 3 && i != 4 {
			b.all += time.Duration(ticks) * tick
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return b, err
		}
		b.own += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return b, nil
}

// end takes the time. All servers must have ended.
func (m *machine) end() (err error) {
	m.ended = time.Now()
	m.after, err = busyTime()
	return err
}

// foreign tells how quiet the machine was: numbers of a busy one are worth little.
func (m *machine) foreign() string {
	took := m.ended.Sub(m.begun)
	others := (m.after.all - m.before.all) - (m.after.own - m.before.own)
	return fmt.Sprintf("The run took %s. Other programs and the kernel's own threads used %.0f %% of one core meanwhile.",
		took.Round(time.Second), 100*max(0, others.Seconds())/took.Seconds())
}
