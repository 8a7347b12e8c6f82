//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestAnswer(t *testing.T) {
	tests := []struct {
		name string
		kind dnsmessage.Type
		want int // answers
	}{
		{"photos.oss-cn-hangzhou.aliyuncs.com.", dnsmessage.TypeA, 1},
		{"sts.aliyuncs.com.", dnsmessage.TypeA, 1},
		{"sts.aliyuncs.com.", dnsmessage.TypeAAAA, 0},
		{"sts.aliyuncs.com.", dnsmessage.TypeHTTPS, 0},
	}
	for _, test := range tests {
		query := dnsmessage.Message{
			Header: dnsmessage.Header{ID: 7, RecursionDesired: true},
			Questions: []dnsmessage.Question{{
				Name: dnsmessage.MustNewName(test.name), Type: test.kind, Class: dnsmessage.ClassINET,
			}},
		}
		packed, err := query.Pack()
		if err != nil {
			t.Fatal(err)
		}
		packed, err = answer(packed)
		if err != nil {
			t.Fatalf("answer(%s %s): %v", test.name, test.kind, err)
		}
		var reply dnsmessage.Message
		if err := reply.Unpack(packed); err != nil {
			t.Fatal(err)
		}
		if !reply.Response || reply.ID != 7 || reply.RCode != dnsmessage.RCodeSuccess {
			t.Errorf("%s %s: header %+v", test.name, test.kind, reply.Header)
		}
		if len(reply.Answers) != test.want {
			t.Fatalf("%s %s: %d answers, want %d", test.name, test.kind, len(reply.Answers), test.want)
		}
		for _, record := range reply.Answers {
			if a, ok := record.Body.(*dnsmessage.AResource); !ok || a.A != [4]byte{127, 0, 0, 1} {
				t.Errorf("%s: answer %v, want 127.0.0.1", test.name, record.Body)
			}
		}
	}
}

func TestAnswerRefusesWhatIsNoQuery(t *testing.T) {
	for _, query := range [][]byte{nil, []byte("short"), make([]byte, 12)} {
		if reply, err := answer(query); err == nil {
			t.Errorf("answer(%q) = %q, want an error", query, reply)
		}
	}
}

func TestClientEnvironment(t *testing.T) {
	got := clientEnvironment([]string{
		"HOME=/home/me", "HTTPS_PROXY=http://proxy", "http_proxy=http://proxy", "No_Proxy=x",
		"SSL_CERT_FILE=/other.pem", "SSL_CERT_DIR=/certs", insideVariable + "=1",
	}, "/data/tls/ca.pem")
	want := []string{
		"HOME=/home/me", "SSL_CERT_FILE=/data/tls/ca.pem", "REQUESTS_CA_BUNDLE=/data/tls/ca.pem",
		"CURL_CA_BUNDLE=/data/tls/ca.pem", "ALIBABA_CLOUD_CA_BUNDLE=/data/tls/ca.pem", "NODE_EXTRA_CA_CERTS=/data/tls/ca.pem",
	}
	if !slices.Equal(got, want) {
		t.Errorf("environment\n got %q\nwant %q", got, want)
	}
}

func TestStatusOfFailures(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"no failure", nil, 0},
		{"refused by policy", forbidden("clone", os.NewSyscallError("clone", syscall.EPERM)), statusForbidden},
		{"no namespace left", forbidden("clone", syscall.ENOSPC), statusForbidden},
		{"program absent", forbidden("clone", syscall.ENOENT), statusFailed},
		{"ossd failed", errors.New("ossd ended"), statusFailed},
	}
	for _, test := range tests {
		if got := status(test.err); got != test.want {
			t.Errorf("%s: status %d, want %d", test.name, got, test.want)
		}
	}
	if got := status(exec.Command("sh", "-c", "exit 9").Run()); got != 9 {
		t.Errorf("exit 9: status %d", got)
	}
	if got := status(exec.Command("sh", "-c", "kill -TERM $$").Run()); got != 128+15 {
		t.Errorf("killed by SIGTERM: status %d", got)
	}
}

func TestParse(t *testing.T) {
	opts, err := parse([]string{"-server", "ossd", "-server-flag=--bootstrap", "-server-flag=a b.yaml", "--", "ls", "-l"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"ls", "-l"}; !slices.Equal(opts.command, want) {
		t.Errorf("command %q, want %q", opts.command, want)
	}
	args := serveArguments(opts)
	if want := []string{"--bootstrap", "a b.yaml"}; !slices.Equal(args[len(args)-2:], want) {
		t.Errorf("arguments %q do not end with %q", args, want)
	}
	for _, args := range [][]string{nil, {"-server", "ossd"}, {"ls"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("parse(%q): no error", args)
		}
	}
}
