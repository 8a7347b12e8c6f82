package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
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

	"ossd/protocol/signature"
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

func (b *bareServer) requests() [][]byte {
	return [][]byte{[]byte("GET /bench/object HTTP/1.1\r\nHost: " + b.address + "\r\n\r\n")}
}

// ossd is the server that is measured.
type ossd struct {
	*process
	data string
	cred signature.Credentials
}

const bucket = "bench"

func startServer(program string) (*ossd, error) {
	data, err := os.MkdirTemp("", "ossd-bench")
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 15)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	s := &ossd{data: data, cred: signature.Credentials{AccessKeyID: "LTAIbenchAccessKey000001", Secret: hex.EncodeToString(secret)}}
	cmd := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID="+s.cred.AccessKeyID, "OSSD_ACCESS_KEY_SECRET="+s.cred.Secret)
	s.process, err = start("ossd: ready", cmd)
	return s, err
}

func (s *ossd) stop() {
	s.process.stop()
	os.RemoveAll(s.data)
}

// signed returns a request line with a signed URL, and its Host header.
func (s *ossd) signed(scheme signature.Scheme, method, key string) []byte {
	path := "/" + bucket + "/" + signature.EncodePath(key)
	r := &signature.Request{Method: method, Host: s.address, Path: path, Header: http.Header{}}
	if err := signature.Presign(scheme, r, signature.Resource{Bucket: bucket, Key: key}, s.cred, "cn-hangzhou", time.Now(), time.Hour); err != nil {
		panic(err) // only a mistake in this program makes signing fail
	}
	return []byte(method + " " + path + "?" + r.Query.Encode() + " HTTP/1.1\r\nHost: " + s.address + "\r\n")
}

func key(i int) string { return fmt.Sprintf("objects/%02x/%08d.bin", i%256, i) }

func (s *ossd) requests(o options, version string) (requests [][]byte) {
	scheme := signature.V4URL
	if version == "v1" {
		scheme = signature.V1URL
	}
	for i := range o.objects {
		requests = append(requests, append(s.signed(scheme, "GET", key(i)), "\r\n"...))
	}
	return requests
}

// fill makes the bucket and its objects, and measures that.
func (s *ossd) fill(o options) (result, error) {
	create := append(s.signed(signature.V4URL, "PUT", ""), "Content-Length: 0\r\n\r\n"...)
	if _, err := load(s.process, [][]byte{create}, 1, 0); err != nil {
		return result{}, fmt.Errorf("making the bucket: %w", err)
	}
	content := make([]byte, o.size)
	if _, err := rand.Read(content); err != nil {
		return result{}, err
	}
	var puts [][]byte
	for i := range o.objects {
		head := append(s.signed(signature.V4URL, "PUT", key(i)), fmt.Sprintf("Content-Length: %d\r\n\r\n", o.size)...)
		puts = append(puts, append(head, content...))
	}
	return load(s.process, puts, o.connections, 0)
}
